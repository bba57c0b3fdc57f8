// A PNG by Java's ImageIO: java Png.java < in.png > out.png
import javax.imageio.ImageIO;

public class Png {
  public static void main(String[] arguments) throws Exception {
    System.setProperty("java.awt.headless", "true");
    if (!ImageIO.write(ImageIO.read(System.in), "png", System.out)) System.exit(1);
    System.out.flush();
  }
}

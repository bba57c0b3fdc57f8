// A PNG by the png crate: png-by-rust default|fast|best < in.png > out.png
use std::io::{self, Read, Write};

fn main() {
    let mut file = Vec::new();
    io::stdin().read_to_end(&mut file).expect("a PNG at standard input");
    let mut reader = png::Decoder::new(&file[..]).read_info().expect("a header");
    let mut pixels = vec![0; reader.output_buffer_size()];
    let frame = reader.next_frame(&mut pixels).expect("pixels");
    let palette = reader.info().palette.as_ref().map(|p| p.to_vec());
    let transparency = reader.info().trns.as_ref().map(|t| t.to_vec());
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, frame.width, frame.height);
    encoder.set_color(frame.color_type);
    encoder.set_depth(frame.bit_depth);
    if let Some(palette) = palette {
        encoder.set_palette(palette);
    }
    if let Some(transparency) = transparency {
        encoder.set_trns(transparency);
    }
    encoder.set_adaptive_filter(png::AdaptiveFilterType::Adaptive);
    encoder.set_compression(match std::env::args().nth(1).as_deref() {
        Some("fast") => png::Compression::Fast,
        Some("best") => png::Compression::Best,
        _ => png::Compression::Default,
    });
    let mut writer = encoder.write_header().expect("a header to write");
    writer.write_image_data(&pixels[..frame.buffer_size()]).expect("pixels to write");
    writer.finish().expect("an end");
    io::stdout().write_all(&out).expect("room for the PNG");
}

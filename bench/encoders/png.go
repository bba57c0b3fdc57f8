// A PNG by Go's image/png: png default|fast|best < in.png > out.png
package main

import (
	"image/png"
	"log"
	"os"
)

func main() {
	levels := map[string]png.CompressionLevel{
		"default": png.DefaultCompression, "fast": png.BestSpeed, "best": png.BestCompression,
	}
	picture, err := png.Decode(os.Stdin)
	if err == nil {
		encoder := png.Encoder{CompressionLevel: levels[os.Args[1]]}
		err = encoder.Encode(os.Stdout, picture)
	}
	if err != nil {
		log.Fatal(err)
	}
}

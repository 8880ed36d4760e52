//! Compression of files at build time, with the highest levels.

use std::io::Write;

use crate::Result;

/// Files that are not smaller by at least this number of bytes are only there as they are.
const LEAST_GAIN: usize = 32;

/// The compressed content of a file, where it is smaller.
#[derive(Debug)]
pub struct Compressed {
    pub brotli: Option<Vec<u8>>,
    pub gzip: Option<Vec<u8>>,
}

pub fn compress(content: &[u8]) -> Result<Compressed> {
    let failed = |error: std::io::Error| format!("cannot compress a file: {error}");
    let smaller = |compressed: Vec<u8>| (compressed.len() + LEAST_GAIN <= content.len()).then_some(compressed);
    Ok(Compressed { brotli: smaller(brotli(content).map_err(failed)?), gzip: smaller(gzip(content).map_err(failed)?) })
}

fn brotli(content: &[u8]) -> std::io::Result<Vec<u8>> {
    let parameters = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, ..Default::default() };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &content[..], &mut compressed, &parameters)?;
    Ok(compressed)
}

fn gzip(content: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn compressed_content_is_restored() {
        let content = "a text that repeats itself; ".repeat(40).into_bytes();
        let Compressed { brotli, gzip } = compress(&content).expect("compressed");
        let (mut from_brotli, mut from_gzip) = (Vec::new(), Vec::new());
        brotli::BrotliDecompress(&mut &brotli.expect("smaller")[..], &mut from_brotli).expect("brotli");
        flate2::read::GzDecoder::new(&gzip.expect("smaller")[..]).read_to_end(&mut from_gzip).expect("gzip");
        assert_eq!((&from_brotli, &from_gzip), (&content, &content));
    }

    #[test]
    fn file_that_does_not_shrink_is_kept() {
        let Compressed { brotli, gzip } = compress(b"short").expect("compressed");
        assert!(brotli.is_none() && gzip.is_none());
    }
}

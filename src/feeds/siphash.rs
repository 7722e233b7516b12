//! SipHash-1-3 (Aumasson, Bernstein: SipHash, 2012): the standard library's hash may change with its version.

/// The hash of some bytes under the key 0.
pub(super) fn hash(bytes: &[u8]) -> u64 {
    let mut v: [u64; 4] = [
        0x736f_6d65_7073_6575,
        0x646f_7261_6e64_6f6d,
        0x6c79_6765_6e65_7261,
        0x7465_6462_7974_6573,
    ];
    let mut words = bytes.chunks_exact(8);
    for word in words.by_ref() {
        let word = word.iter().rev().fold(0, |all, &b| all << 8 | u64::from(b));
        v[3] ^= word;
        round(&mut v);
        v[0] ^= word;
    }
    let rest = words.remainder().iter().rev();
    let last = rest.fold(0, |all, &b| all << 8 | u64::from(b)) | (bytes.len() as u64) << 56;
    v[3] ^= last;
    round(&mut v);
    v[0] ^= last;
    v[2] ^= 0xff;
    for _ in 0..3 {
        round(&mut v);
    }
    v[0] ^ v[1] ^ v[2] ^ v[3]
}

fn round(v: &mut [u64; 4]) {
    let [mut a, mut b, mut c, mut d] = *v;
    a = a.wrapping_add(b);
    b = b.rotate_left(13) ^ a;
    a = a.rotate_left(32);
    c = c.wrapping_add(d);
    d = d.rotate_left(16) ^ c;
    a = a.wrapping_add(d);
    d = d.rotate_left(21) ^ a;
    c = c.wrapping_add(b);
    b = b.rotate_left(17) ^ c;
    c = c.rotate_left(32);
    *v = [a, b, c, d];
}

#[cfg(test)]
mod tests {
    use std::hash::Hasher;

    #[test]
    fn as_the_standard_library_has_it_today() {
        for length in [0, 1, 7, 8, 9, 16, 63, 200] {
            let bytes: Vec<u8> = (0..length).map(|n| (n * 37 % 251) as u8).collect();
            // `DefaultHasher::new` is SipHash-1-3 under the key 0, and `write` adds nothing.
            let mut hasher = std::collections::hash_map::DefaultHasher::new();
            hasher.write(&bytes);
            assert_eq!(super::hash(&bytes), hasher.finish(), "{length}");
        }
        // Written down once: a day's order must not change with our version either.
        assert_eq!(super::hash(b""), 0xd1fb_a762_150c_532c);
    }
}

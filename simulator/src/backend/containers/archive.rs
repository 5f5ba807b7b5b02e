//! Archives in the format of `tar`, as the engine takes files: as many as needed, small and plain.

/// Bytes of a block, to which all is filled up.
const BLOCK: usize = 512;
/// Largest path of an entry, in bytes.
const LONGEST_PATH: usize = 100;

/// Archive in the making.
#[derive(Debug, Default)]
pub(super) struct Archive(Vec<u8>);

/// Owner and mode of an entry.
#[derive(Debug, Clone, Copy)]
pub(super) struct Access {
    /// Number of the user and of the group.
    pub(super) owner: u32,
    pub(super) mode: u32,
}

impl Archive {
    /// Adds a folder.
    ///
    /// # Errors
    /// When its path is too long.
    pub(super) fn folder(&mut self, path: &str, access: Access) -> Result<(), String> {
        self.header(&format!("{}/", path.trim_end_matches('/')), access, 0, b'5')
    }

    /// Adds a file.
    ///
    /// # Errors
    /// When its path is too long.
    pub(super) fn file(&mut self, path: &str, access: Access, content: &[u8]) -> Result<(), String> {
        self.header(path, access, content.len(), b'0')?;
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(BLOCK), 0);
        Ok(())
    }

    /// The whole archive.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 2 * BLOCK, 0);
        self.0
    }

    fn header(&mut self, path: &str, access: Access, size: usize, kind: u8) -> Result<(), String> {
        let path = path.trim_start_matches('/');
        if path.len() > LONGEST_PATH {
            return Err(format!(
                "the path {path} has {} bytes; wanted {LONGEST_PATH} at most",
                path.len()
            ));
        }
        let mut block = [0; BLOCK];
        let mut put = |at: usize, text: &[u8]| block[at..at + text.len()].copy_from_slice(text);
        put(0, path.as_bytes());
        put(100, format!("{:07o}", access.mode).as_bytes());
        put(108, format!("{:07o}", access.owner).as_bytes());
        put(116, format!("{:07o}", access.owner).as_bytes());
        put(124, format!("{size:011o}").as_bytes());
        // The same moment for all, so that the same content is the same archive.
        put(136, b"00000000000");
        put(148, b"        ");
        put(156, &[kind]);
        put(257, b"ustar\x0000");
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        self.0.extend_from_slice(&block);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn tar_reads_what_is_written() {
        let mut archive = Archive::default();
        let access = |mode| Access { owner: 65_532, mode };
        archive.folder("/data", access(0o700)).unwrap();
        archive.file("/etc/deep/er.conf", access(0o644), &[b'x'; 700]).unwrap();
        archive.file("node", access(0o755), b"").unwrap();
        let too_long = archive.file(&"x".repeat(101), access(0o644), b"");
        assert!(too_long.is_err_and(|reason| reason.contains("101 bytes")));
        let mut tar = Command::new("tar")
            .args(["--list", "--verbose", "--numeric-owner", "--file=-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("tar");
        std::io::Write::write_all(&mut tar.stdin.take().unwrap(), &archive.finish()).unwrap();
        let listed = tar.wait_with_output().unwrap();
        assert!(listed.status.success(), "{listed:?}");
        let listed = String::from_utf8(listed.stdout).unwrap();
        let words: Vec<Vec<&str>> = listed.lines().map(|line| line.split_whitespace().collect()).collect();
        let seen: Vec<_> = words.iter().map(|it| (it[0], it[1], it[2], it[5])).collect();
        assert_eq!(
            seen,
            [
                ("drwx------", "65532/65532", "0", "data/"),
                ("-rw-r--r--", "65532/65532", "700", "etc/deep/er.conf"),
                ("-rwxr-xr-x", "65532/65532", "0", "node"),
            ]
        );
    }
}

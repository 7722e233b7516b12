//! Certificates that openssl makes.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// An issuer, and certificates of it for localhost: a good one, one that is over, one of another host; and one of its own making.
pub struct Certificates(tempfile::TempDir);

impl Certificates {
    /// None where there is no openssl.
    pub fn made() -> Option<&'static Certificates> {
        static MADE: OnceLock<Option<Certificates>> = OnceLock::new();
        MADE.get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            let openssl = |arguments: &str| {
                let mut words: Vec<&str> = arguments.split(' ').collect();
                // One of the words has blanks in it.
                if let Some(at) = words.iter().position(|word| *word == "SUBJECT") {
                    words[at] = "/O=Letterpress tests/CN=localhost";
                }
                let output = Command::new("openssl").args(words).current_dir(folder.path()).output().ok()?;
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
                Some(())
            };
            let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";
            let leaf = "-addext basicConstraints=critical,CA:FALSE";
            openssl(&format!(
                "req -x509 {key} -days 30 -subj /CN=issuer -keyout issuer.key -out issuer.pem -addext basicConstraints=critical,CA:TRUE"
            ))?;
            let here = "-addext subjectAltName=DNS:localhost,IP:127.0.0.1";
            for (name, host, life) in [
                ("good", here, "-days 30"),
                ("over", here, "-startdate 20200101000000Z -enddate 20200201000000Z"),
                ("elsewhere", "-addext subjectAltName=DNS:mail.example.com", "-days 30"),
            ] {
                openssl(&format!("req {key} -subj SUBJECT -keyout {name}.key -out {name}.csr {leaf} {host}"))?;
                // `ca` is the one that older versions can give a past date.
                for (file, text) in [("index.txt", ""), ("index.txt.attr", ""), ("serial", "1000")] {
                    std::fs::write(folder.path().join(file), text).unwrap();
                }
                std::fs::write(
                    folder.path().join("ca.cnf"),
                    "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\ncopy_extensions=copy\nunique_subject=no\n[p]\ncommonName=supplied\norganizationName=optional\n",
                )
                .unwrap();
                openssl(&format!(
                    "ca -batch -notext -config ca.cnf -cert issuer.pem -keyfile issuer.key {life} -in {name}.csr -out {name}.pem"
                ))?;
            }
            openssl(&format!("req -x509 {key} -days 30 -subj SUBJECT -keyout own.key -out own.pem {leaf} {here}"))?;
            Some(Certificates(folder))
        })
        .as_ref()
    }

    /// `issuer.pem`, and `good`, `over`, `elsewhere`, `own`, each `.pem` and `.key`.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

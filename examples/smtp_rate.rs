//! How many letters a second go to a server, beside Postfix's own `smtp-source`, in one run.
//!
//!     cargo run --release --example smtp_rate                     # 1, 4 and 16 connections to smtp-sink, letters of 30 KB
//!     cargo run --release --example smtp_rate -- smtp://localhost:25?connections=4 10000
//!
//! `smtp-sink` and `smtp-source` are Debian's package postfix. smtp-sink takes pipelined commands and does not say so, so both
//! ways are measured: as a server that obeys EHLO sees us, and as one that announces PIPELINING does.

use std::error::Error;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use letterpress::delivery::{Letter, SinkAddress, Verdict};

/// Bytes of a letter, as smtp-source's `-l` counts them.
const SIZE: usize = 30_000;
/// How often each is measured; the best counts.
const ROUNDS: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    if let Some(address) = arguments.next() {
        let count = arguments.next().as_deref().unwrap_or("10000").parse()?;
        println!("{:.0} letters a second", rate(&address.parse()?, count)?);
        return Ok(());
    }
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let _sink = Ended(
        Command::new("smtp-sink")
            .args(["-u", "nobody", &format!("127.0.0.1:{port}"), "1024"])
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("smtp-sink: {error}; install Debian's package postfix"))?,
    );
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        std::thread::sleep(Duration::from_millis(20));
    }
    println!("connections  smtp-source  step by step     pipelined");
    for (connections, count) in [(1, 5_000), (4, 20_000), (16, 20_000)] {
        let (mut source, mut steps, mut pipelined) = (0f64, 0f64, 0f64);
        let address = |pipelining| -> Result<SinkAddress, Box<dyn Error>> {
            let text = format!(
                "smtp://127.0.0.1:{port}?tls=none&connections={connections}&pipelining={pipelining}"
            );
            Ok(text.parse()?)
        };
        for _ in 0..ROUNDS {
            source = source.max(smtp_source(port, connections, count)?);
            steps = steps.max(rate(&address("never")?, count)?);
            pipelined = pipelined.max(rate(&address("always")?, count)?);
        }
        println!(
            "{connections:>11}  {source:>9.0}/s  {steps:>6.0}/s {:>3.0} %  {pipelined:>6.0}/s {:>3.0} %",
            100.0 * steps / source,
            100.0 * pipelined / source
        );
    }
    Ok(())
}

/// Letters a second.
fn rate(address: &SinkAddress, count: usize) -> Result<f64, Box<dyn Error>> {
    let sink = address.open(std::env::var("LETTERPRESS_SMTP_PASSWORD").ok().as_deref())?;
    let head = "From: <a@b.example>\r\nTo: <c@d.example>\r\nSubject: A letter\r\n\r\n";
    let line = format!("{}\r\n", "x".repeat(76));
    let bytes = format!("{head}{}", line.repeat((SIZE - head.len()) / line.len()));
    let next = AtomicUsize::new(0);
    let started = Instant::now();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..sink.connections())
            .map(|_| {
                scope.spawn(|| -> Result<(), String> {
                    let mut connection = sink.connect().map_err(|error| error.to_string())?;
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= count {
                            connection.close();
                            return Ok(());
                        }
                        let letter = Letter {
                            id: format!("{number:032x}"),
                            from: "a@b.example".into(),
                            to: "c@d.example".into(),
                            bytes: bytes.clone().into_bytes(),
                        };
                        match connection.put(&letter, &mut || Ok(())) {
                            Verdict::Accepted(_) => {}
                            other => return Err(format!("{other:?}")),
                        }
                    }
                })
            })
            .collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().map_err(|_| "a thread panicked".to_owned())?)
    })?;
    Ok(count as f64 / started.elapsed().as_secs_f64())
}

/// Letters a second of smtp-source, which keeps its sessions.
fn smtp_source(port: u16, connections: usize, count: usize) -> Result<f64, Box<dyn Error>> {
    let [connections, count_text, size] = [connections, count, SIZE].map(|n| n.to_string());
    let started = Instant::now();
    let status = Command::new("smtp-source")
        .args(["-d", "-s", &connections, "-m", &count_text, "-l", &size])
        .args(["-f", "a@b.example", "-t", "c@d.example"])
        .arg(format!("127.0.0.1:{port}"))
        .status()?;
    if !status.success() {
        return Err(format!("smtp-source: {status}").into());
    }
    Ok(count as f64 / started.elapsed().as_secs_f64())
}

/// A process that ends with us.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

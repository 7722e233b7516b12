//! The page that shows a project's emails while they are written: `letterpress preview`.
//!
//! | file | what |
//! |---|---|
//! | `safety` | who may ask: Host, token; what a page may load |
//! | `watch` | tells pages what changed on disk |
//! | `page` | the page itself, built by `preview/` and embedded |
//! | `frame` | the framed copy of an email, its pictures from disk |
//! | `parts` | `/r/`: the command line's bytes |
//!
//! ```no_run
//! use letterpress::preview::{Options, Preview};
//! let preview = Preview::open(Options::default())?;
//! println!("{}", preview.address());
//! preview.run()?; // until Ctrl-C
//! # Ok::<(), letterpress::preview::PreviewError>(())
//! ```

mod frame;
mod page;
mod parts;
mod pictures;
mod safety;
mod watch;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, ToSocketAddrs};
use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use axum::middleware;
use axum::routing::get;
use tokio::sync::broadcast;

use crate::api::{self, ApiError, Live};
use safety::Guard;

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// What is no address of this machine.
    #[error("cannot listen on '{host}': {error}")]
    Host {
        /// As it was given.
        host: String,
        /// What the system says.
        error: io::Error,
    },
    /// All ports are taken, or may not be used.
    #[error("cannot listen on port {port}: {error}")]
    Port {
        /// The first that was tried.
        port: u16,
        /// What the system says.
        error: io::Error,
    },
    /// The system gives no threads, no random numbers or no signals.
    #[error("cannot start: {0}")]
    System(#[from] io::Error),
}

/// How the page is served.
#[derive(Debug, Clone)]
pub struct Options {
    /// The project: a folder or its `letterpress.toml`; None: found upwards from the working folder.
    pub project: Option<PathBuf>,
    /// The address to listen on. Any but this machine's own needs a token.
    pub host: String,
    /// The first port that is tried; 0 for any.
    pub port: u16,
    /// Moves every clock.
    pub now: Option<String>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            project: None,
            host: Ipv4Addr::LOCALHOST.to_string(),
            port: 3000,
            now: None,
        }
    }
}

/// So many ports are tried.
const PORTS: u16 = 100;

/// A page that is about to be served.
#[derive(Debug)]
pub struct Preview {
    listener: TcpListener,
    live: Arc<Live>,
    guard: Arc<Guard>,
    address: String,
    /// Whether another port than the wanted one was found.
    moved: bool,
}

impl Preview {
    /// Opens the project and a port. A project with errors is opened: the page shows them.
    ///
    /// # Errors
    /// There is no port to listen on.
    pub fn open(options: Options) -> Result<Preview, PreviewError> {
        let address = resolve(&options.host).map_err(|error| PreviewError::Host {
            host: options.host.clone(),
            error,
        })?;
        let listener = listen(address, options.port)?;
        let local = listener.local_addr()?;
        let guard = Guard::new(&options.host, local)?;
        let shown = match local.ip() {
            ip if ip.is_unspecified() => SocketAddr::new(Ipv4Addr::LOCALHOST.into(), local.port()),
            _ => local,
        };
        Ok(Preview {
            address: match guard.token() {
                Some(token) => format!("http://{shown}/?token={token}"),
                None => format!("http://{shown}"),
            },
            moved: options.port != 0 && local.port() != options.port,
            live: Arc::new(Live::open(options.project.as_deref(), options.now)),
            guard: Arc::new(guard),
            listener,
        })
    }

    /// Where the page is, the token included.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Whether the wanted port was taken.
    pub fn moved(&self) -> bool {
        self.moved
    }

    /// The project.
    pub fn live(&self) -> &Arc<Live> {
        &self.live
    }

    /// Serves the page until the process is told to end, by Ctrl-C or by a signal.
    ///
    /// # Errors
    /// The system gives no threads.
    pub fn run(self) -> Result<(), PreviewError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            // Renders run on these threads, and templates may be deep.
            .thread_stack_size(8 << 20)
            .enable_io()
            .enable_time()
            .build()?;
        let (changes, _) = broadcast::channel(64);
        // Without it the page is still there, and is reloaded by hand.
        let _ = watch::start(self.live.clone(), changes.clone());
        let router = router(self.live, self.guard, changes);
        let listener = self.listener;
        let ended = runtime.block_on(async move {
            listener.set_nonblocking(true)?;
            let listener = tokio::net::TcpListener::from_std(listener)?;
            tokio::select! {
                served = axum::serve(listener, router) => served,
                told = told_to_end() => told,
            }
        });
        // Pages that wait for changes would keep it from ending.
        runtime.shutdown_background();
        Ok(ended?)
    }
}

fn router(live: Arc<Live>, guard: Arc<Guard>, changes: broadcast::Sender<api::Change>) -> Router {
    Router::new()
        .route("/frame/{*email}", get(frame::framed))
        .route("/images/{*path}", get(pictures::picture))
        .route("/r/{*part}", get(parts::part))
        .with_state(live.clone())
        .merge(page::routes())
        .merge(api::router(live, changes))
        .fallback(async || ApiError::Nothing)
        .layer(middleware::from_fn_with_state(guard, safety::guarded))
}

/// The address that a host names.
fn resolve(host: &str) -> io::Result<IpAddr> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse() {
        return Ok(address);
    }
    let found = (host, 0).to_socket_addrs()?.next();
    let missing = || io::Error::new(io::ErrorKind::NotFound, "no address has this name");
    found.map(|found| found.ip()).ok_or_else(missing)
}

/// The wanted port, or the next that is free.
fn listen(address: IpAddr, port: u16) -> Result<TcpListener, PreviewError> {
    let mut last = None;
    let ports = match port {
        0 => 0..=0,
        _ => port..=port.saturating_add(PORTS),
    };
    for candidate in ports {
        match TcpListener::bind((address, candidate)) {
            Ok(listener) => return Ok(listener),
            Err(error) => {
                let taken = error.kind() == io::ErrorKind::AddrInUse;
                last = Some(error);
                if !taken {
                    break;
                }
            }
        }
    }
    Err(PreviewError::Port {
        port,
        error: last.unwrap_or_else(|| io::ErrorKind::AddrInUse.into()),
    })
}

async fn told_to_end() -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            told = tokio::signal::ctrl_c() => told,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

//! `haibao serve` and `haibao worker`.

#![expect(clippy::doc_markdown, reason = "comments on arguments are the help that people read")]

use std::{
    net::SocketAddr,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use clap::Args;
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::net::TcpListener;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::CommandError;
use crate::{
    app::App,
    config::{Settings, Sources},
    engine::Engine,
    http,
};

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// Where to listen (http.address)
    #[arg(long, value_name = "HOST:PORT")]
    address: Option<SocketAddr>,
    /// Folder of everything the service writes (data_dir)
    #[arg(long, value_name = "DIR")]
    data_dir: Option<String>,
}

impl ServeArgs {
    /// The command line is the strongest source.
    pub(super) fn apply(&self, mut sources: Sources) -> Sources {
        if let Some(address) = self.address {
            sources = sources.with("http.address", address.to_string());
        }
        if let Some(folder) = &self.data_dir {
            sources = sources.with("data_dir", folder);
        }
        sources
    }
}

pub(super) async fn serve(settings: Settings) -> Result<ExitCode, CommandError> {
    let metrics = if settings.observability.metrics {
        Some(PrometheusBuilder::new().install_recorder().map_err(CommandError::failed)?)
    } else {
        None
    };
    let app = App::open(settings, true).await?;
    let listener = TcpListener::bind(app.settings.http.address)
        .await
        .map_err(|error| CommandError::Failed(format!("http.address {}: {error}", app.settings.http.address)))?;
    let bound = listener.local_addr().map_err(CommandError::failed)?;
    let (shutdown, tracker) = (stop_signal(), TaskTracker::new());

    let engine = app.engine()?;
    let working = Arc::new(AtomicBool::new(true));
    let workers = run_engine(&engine, &tracker, &shutdown, Arc::clone(&working));
    let ready = Arc::new(move || working.load(Ordering::Relaxed));
    let router = app.router(bound, &tracker, ready, metrics, shutdown.clone())?;
    app.keep_house(&tracker, shutdown.clone());
    app.deliver_webhooks(bound, &tracker, shutdown.clone())?;
    announce(&app, bound);

    let grace = Duration::from_secs(app.settings.http.shutdown_grace_seconds);
    let served = http::serve(listener, router, tracker.clone(), shutdown.clone(), grace).await;
    shutdown.cancel();
    tracker.close();
    // The engine drains by itself; the cap is for a task that does not.
    if tokio::time::timeout(grace + Duration::from_secs(5), tracker.wait()).await.is_err() {
        tracing::warn!("some background work did not end in time");
    }
    app.context.database.close().await.map_err(CommandError::failed)?;
    served.map_err(CommandError::failed)?;
    drop(workers);
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn worker(settings: Settings) -> Result<ExitCode, CommandError> {
    let app = App::open(settings, false).await?;
    let shutdown = stop_signal();
    app.engine()?.run(shutdown).await.map_err(CommandError::failed)?;
    app.context.database.close().await.map_err(CommandError::failed)?;
    Ok(ExitCode::SUCCESS)
}

/// Starts the workers beside the server. When they cannot go on, the process stops: a server that
/// takes orders and never works on them is worse than none.
fn run_engine(
    engine: &Engine,
    tracker: &TaskTracker,
    shutdown: &CancellationToken,
    working: Arc<AtomicBool>,
) -> tokio::task::JoinHandle<()> {
    let (engine, shutdown) = (engine.clone(), shutdown.clone());
    tracker.spawn(async move {
        if let Err(error) = engine.run(shutdown.clone()).await {
            tracing::error!(%error, "the workers stopped");
        }
        working.store(false, Ordering::Relaxed);
        shutdown.cancel();
    })
}

/// Cancelled by Ctrl-C or SIGTERM.
fn stop_signal() -> CancellationToken {
    let token = CancellationToken::new();
    let signalled = token.clone();
    TaskTracker::new().spawn(async move {
        let interrupt = tokio::signal::ctrl_c();
        #[cfg(unix)]
        {
            match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
                Ok(mut terminate) => {
                    tokio::select! { _ = interrupt => {}, _ = terminate.recv() => {} }
                }
                Err(_) => drop(interrupt.await),
            }
        }
        #[cfg(not(unix))]
        drop(interrupt.await);
        tracing::info!("stopping: running work may finish");
        signalled.cancel();
    });
    token
}

/// Says on the console what a newcomer needs to know.
fn announce(app: &App, bound: SocketAddr) {
    let settings = &app.settings;
    let url = settings.public_url_at(bound);
    println!("Haibao 海报  {url}");
    println!("  数据 data       {}", app.files.root().display());
    println!("  数据库 database {:?}", app.context.database.backend());
    if !settings.is_production() {
        println!("  开发模式 development mode: not for the public");
    }
    if settings.codes_are_printed() {
        println!("  登录验证码打印在此处的日志中，并写入 {}/mail", app.files.root().display());
        println!("  sign-in codes are printed in this log and written to {}/mail", app.files.root().display());
    }
    if settings.welcome_credits() > 0 {
        println!("  新账号赠送 {0} 积分 · a new account gets {0} credits", settings.welcome_credits());
    }
    if settings.sandbox_enabled() {
        println!("  沙箱支付已开启 · sandbox payment is on: recharges cost nothing");
    }
    tracing::info!(address = %bound, "listening");
}

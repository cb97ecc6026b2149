package io.zerocopy.bench.http;

import io.zerocopy.bench.BenchException;
import io.zerocopy.bench.Tool;
import io.zerocopy.bench.Workspace;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * nginx as the peer of servers and of relays: one worker that serves the files of a folder with
 * sendfile, set up so that it does nothing else for a request.
 */
public final class NginxServer {
    public static final Tool NGINX = new Tool("nginx", "nginx-light");

    private static final int START_SECONDS_MAX = 10;
    private static final int RETRY_MS = 20;

    /**
     * The only process is the worker: a master would sleep, and start another worker when this one
     * is killed. No client has to connect again; files stay open; nothing is logged.
     */
    private static final String CONFIGURATION =
            """
            daemon off;
            master_process off;
            pid "%1$s/nginx.pid";
            error_log stderr error;
            events {
                worker_connections 8192;
            }
            http {
                access_log off;
                log_not_found off;
                default_type application/octet-stream;
                sendfile on;
                keepalive_requests 1000000000;
                open_file_cache max=64;
                open_file_cache_valid 1h;
                client_body_temp_path "%1$s/nginx-body";
                proxy_temp_path "%1$s/nginx-proxy";
                fastcgi_temp_path "%1$s/nginx-fastcgi";
                uwsgi_temp_path "%1$s/nginx-uwsgi";
                scgi_temp_path "%1$s/nginx-scgi";
                server {
                    listen %2$s:%3$d backlog=1024;
                    root "%4$s";
                }
            }
            """;

    private final InetSocketAddress address;
    private final ServerProcess process;

    private NginxServer(InetSocketAddress address, ServerProcess process) {
        this.address = address;
        this.process = process;
    }

    /**
     * Starts it on a free port of the loopback address. It ends with the workspace.
     *
     * @param prefix of its command, which decides about the core that it is on
     * @param root the folder whose files it serves
     * @throws BenchException if it does not start; what it said about it is on standard error
     */
    public static NginxServer start(Workspace workspace, List<String> prefix, Path root)
            throws BenchException {
        Path folder = workspace.runtimeFolder();
        InetSocketAddress address = freeAddress();
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of(NGINX.program(), "-e", "stderr", "-p", folder.toString()));
        command.addAll(List.of("-c", configure(folder, address, root).toString()));
        Process process = workspace.start(command);
        awaitListening(process, address);
        return new NginxServer(address, new ServerProcess(process.toHandle()));
    }

    /** Where it listens. */
    public InetSocketAddress address() {
        return address;
    }

    /** Where it has a file of its root. */
    public URI uri(String file) {
        return WrkLoad.uri(address, file);
    }

    /** What it has used until now. */
    public ServerProcess process() {
        return process;
    }

    private static Path configure(Path folder, InetSocketAddress address, Path root)
            throws BenchException {
        String text =
                String.format(
                        CONFIGURATION,
                        folder,
                        address.getAddress().getHostAddress(),
                        address.getPort(),
                        root.toAbsolutePath());
        Path file = folder.resolve("nginx.conf");
        try {
            return Files.writeString(file, text);
        } catch (IOException e) {
            throw new BenchException("can't write " + file + ": " + e.getMessage(), e);
        }
    }

    /** nginx can't be asked which port it was given; this one was free a moment ago. */
    private static InetSocketAddress freeAddress() throws BenchException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return (InetSocketAddress) socket.getLocalSocketAddress();
        } catch (IOException e) {
            throw new BenchException("there is no free port: " + e.getMessage(), e);
        }
    }

    private static void awaitListening(Process process, InetSocketAddress address)
            throws BenchException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS_MAX);
        while (!isListening(address)) {
            if (!process.isAlive() || System.nanoTime() > deadline) {
                throw new BenchException("nginx does not start; what it said is above");
            }
            try {
                Thread.sleep(RETRY_MS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new BenchException("interrupted", e);
            }
        }
    }

    private static boolean isListening(InetSocketAddress address) {
        try (Socket socket = new Socket()) {
            socket.connect(address);
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}

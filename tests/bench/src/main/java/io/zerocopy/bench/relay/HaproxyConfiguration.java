package io.zerocopy.bench.relay;

import java.util.List;

/** HAProxy as a plain TCP proxy on one thread. */
enum HaproxyConfiguration {
    /** What its users find first: it splices when it thinks that this pays. */
    SPLICE_AUTO("option splice-auto", ""),
    /** Always splicing, through the largest pipes. */
    AT_ITS_BEST("option splice-request\n    option splice-response", "tune.pipesize 1048576");

    /** Two descriptors each, and up to half as many for pipes, have to be within the limit. */
    static final int CONNECTIONS_MAX = 1000;

    private final String options;
    private final String tuning;

    HaproxyConfiguration(String options, String tuning) {
        this.options = options;
        this.tuning = tuning;
    }

    /**
     * The text of the file.
     *
     * @param address of all ports
     * @param ports where to listen, in the order of the backends
     * @param backends the port that each of them leads to
     */
    String text(String address, List<Integer> ports, List<Integer> backends) {
        StringBuilder text = new StringBuilder();
        text.append(
                String.format(
                        """
                        global
                            nbthread 1
                            maxconn %d
                            %s
                        defaults
                            mode tcp
                            %s
                            timeout connect 10s
                            timeout client 1h
                            timeout server 1h
                        """,
                        CONNECTIONS_MAX, tuning, options));
        for (int i = 0; i < backends.size(); i++) {
            text.append(
                    String.format(
                            """
                            listen proxy%d
                                bind %s:%d
                                server backend %s:%d
                            """,
                            i, address, ports.get(i), address, backends.get(i)));
        }
        return text.toString();
    }
}

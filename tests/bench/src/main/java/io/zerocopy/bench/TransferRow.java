package io.zerocopy.bench;

import java.util.List;

/** One line of the table of claims: transfers between two kinds of ends, in its variants. */
interface TransferRow extends Row {
    /** All of them, in the order of the report. */
    static List<TransferRow> all() {
        return List.of(
                new SmallRow(),
                new BulkRow(),
                new SocketToFileRow(),
                new RelayRow(),
                new FileToPipeRow(),
                new FileToUnixRow(),
                new FileToFileRow(),
                new ReflinkRow(),
                new ColdFileRow(),
                new ZeroCopySendRow(),
                new StaticResponderRow());
    }

    /** What movers and peer are connected by. */
    enum Network {
        /** The loopback interface of this machine. */
        LOOPBACK,
        /** Two network namespaces, between which MSG_ZEROCOPY does not copy. */
        VETH
    }

    default Network network() {
        return Network.LOOPBACK;
    }

    /**
     * Makes what its transfers need, and says what they are. What this machine can't do it has the
     * setting skip, with the reason. All scenarios have the same contenders.
     */
    List<Scenario> scenarios(Setting setting) throws BenchException;

    /**
     * Starts who takes part in its scenarios, unless they run already. Called once, after those.
     */
    default Lineup lineup(Stage stage, Setting setting) throws BenchException {
        return scenario -> Contender.of(scenario, stage);
    }

    /** Who takes part. */
    interface Lineup {
        List<Contender> of(Scenario scenario);
    }
}

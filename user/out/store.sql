-- xrtt's run store, version 1 (PRAGMA user_version); xrtt(8), "RUN STORE".
-- Times are ns since the run's origin, remote ones since the remote's first
-- stamp; NULL is what is not there.

CREATE TABLE run (
	run INTEGER PRIMARY KEY,
	complete INTEGER NOT NULL,	-- 0: still going on, or killed
	start TEXT,			-- RFC 3339, UTC
	duration_ns INTEGER,
	command TEXT,
	version TEXT,
	origin_mono_ns INTEGER,		-- CLOCK_MONOTONIC at time 0
	origin_tai_ns INTEGER,		-- TAI then
	remote_origin_tai_ns INTEGER,	-- the remote's first stamp
	engine TEXT,			-- socket, bypass, both
	protocol TEXT,			-- stamp, icmp, tcp
	target TEXT,
	address TEXT,
	source TEXT,
	port INTEGER,
	source_port INTEGER,
	ifname TEXT,
	driver TEXT,
	kernel TEXT,
	boot_id TEXT,
	cpu TEXT,
	clocksource TEXT,
	first_sample INTEGER,		-- sample.id from here
	last_sample INTEGER,		-- to here, among those of other runs
	samples INTEGER,
	unstored INTEGER,		-- measured, but too fast for this file
	summary TEXT NOT NULL		-- all that --json says; as of the start
					-- where complete is 0
);

-- What "network" starts and ends at.
CREATE TABLE engine (
	run INTEGER NOT NULL REFERENCES run,
	engine TEXT NOT NULL,
	tx TEXT NOT NULL,
	rx TEXT NOT NULL,
	remote_inside INTEGER NOT NULL,	-- 1: the remote's share is in "network"
	PRIMARY KEY (run, engine)
);

CREATE TABLE sample (
	id INTEGER PRIMARY KEY,		-- ascending, in sending order
	run INTEGER NOT NULL REFERENCES run,
	seq INTEGER NOT NULL,		-- STAMP sequence number
	flow INTEGER NOT NULL,
	engine TEXT NOT NULL,
	status TEXT NOT NULL,
	due_ns INTEGER,
	app_tx_ns INTEGER,
	tc_tx_ns INTEGER,
	drv_tx_ns INTEGER,
	remote_rx_ns INTEGER,
	remote_tx_ns INTEGER,
	hw_rx_ns INTEGER,
	xdp_rx_ns INTEGER,
	tc_rx_ns INTEGER,
	sock_rx_ns INTEGER,
	app_rx_ns INTEGER,
	ttl INTEGER,
	remote_ttl INTEGER,
	reflector_seq INTEGER,
	flags INTEGER NOT NULL,		-- 1 dup, 2 stolen, 4 disturbed,
					-- 8 stamps out of order, 16 by hw_rx
	duplicate_forward INTEGER NOT NULL,
	duplicate_return INTEGER NOT NULL,
	stolen_ns INTEGER,
	hw_bar_ns INTEGER
);

-- CLOCK_MONOTONIC - CLOCK_MONOTONIC_RAW lay between these.
CREATE TABLE clock (
	run INTEGER NOT NULL REFERENCES run,
	time_ns INTEGER NOT NULL,
	lo_ns INTEGER NOT NULL,
	hi_ns INTEGER NOT NULL
);

CREATE TABLE event (
	run INTEGER NOT NULL REFERENCES run,
	kind TEXT NOT NULL,		-- level_shift, clock_slew, nic_counter
	time_ns INTEGER NOT NULL,
	time_lo_ns INTEGER,		-- no earlier than this, of a counter
					-- the look before,
	time_hi_ns INTEGER,		-- and no later, or until then
	flow INTEGER,
	direction TEXT,			-- forward, return, both
	name TEXT,			-- of a counter
	from_value REAL,		-- ns or a count
	to_value REAL,			-- ns, ppm or a count
	unit TEXT NOT NULL		-- ns, ppm, count
);

-- What the instrument's error bars are made of.
CREATE TABLE term (
	run INTEGER NOT NULL REFERENCES run,
	engine TEXT NOT NULL,
	duration TEXT NOT NULL,		-- network, rtt, remote, a stage
	level TEXT NOT NULL,		-- p50, p99
	name TEXT NOT NULL,
	ns REAL,			-- 95 %; NULL: no bound
	kind TEXT,			-- A measured in this run, B from elsewhere
	shape TEXT NOT NULL,		-- symmetric, lengthens
	common INTEGER NOT NULL,
	how TEXT
);

CREATE TABLE tuning (
	run INTEGER NOT NULL REFERENCES run,
	line TEXT NOT NULL		-- what was changed, and put back
);

-- What stands in the way on this host.
CREATE TABLE finding (
	run INTEGER NOT NULL REFERENCES run,
	id TEXT NOT NULL,
	level TEXT NOT NULL,		-- note, costs, blocks
	text TEXT NOT NULL,
	fix TEXT
);

-- The stages of every probe. Out of order: no stage.
CREATE VIEW stage_ns AS
SELECT
	s.run, s.id AS sample, s.seq, s.flow, s.engine, s.status, s.due_ns,
	CASE WHEN s.flags & 8 = 0
		THEN s.tc_tx_ns - s.app_tx_ns END AS app_to_tc,
	CASE WHEN s.flags & 8 = 0 AND e.tx = 'drv_tx'
		THEN s.drv_tx_ns - s.tc_tx_ns END AS tc_to_driver,
	CASE WHEN s.flags & 8 = 0 THEN
		CASE e.rx WHEN 'hw_rx' THEN s.hw_rx_ns
			WHEN 'xdp_rx' THEN s.xdp_rx_ns ELSE s.tc_rx_ns END
		- CASE e.tx WHEN 'drv_tx' THEN s.drv_tx_ns
			ELSE s.tc_tx_ns END
		- CASE WHEN e.remote_inside THEN 0
			ELSE s.remote_tx_ns - s.remote_rx_ns END
		END AS network,
	CASE WHEN s.flags & 8 = 0 AND NOT e.remote_inside
		THEN s.remote_tx_ns - s.remote_rx_ns END AS remote,
	CASE WHEN s.flags & 8 = 0 AND e.rx = 'hw_rx'
		THEN s.xdp_rx_ns - s.hw_rx_ns END AS nic_to_xdp,
	CASE WHEN s.flags & 8 = 0 AND e.rx <> 'tc_rx'
		THEN s.tc_rx_ns - s.xdp_rx_ns END AS xdp_to_tc,
	CASE WHEN s.flags & 8 = 0
		THEN s.sock_rx_ns - s.tc_rx_ns END AS tc_to_socket,
	CASE WHEN s.flags & 8 = 0
		THEN s.app_rx_ns - s.sock_rx_ns END AS socket_to_app,
	s.app_rx_ns - s.app_tx_ns AS rtt
FROM sample s JOIN engine e ON e.run = s.run AND e.engine = s.engine;

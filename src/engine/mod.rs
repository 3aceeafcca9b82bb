//! Durable jobs: queue with leases, workers, settlement, sweeper.

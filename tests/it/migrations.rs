//! The schema: it goes up, down and up again, has the specification's columns, and refuses by
//! itself what no code of ours should ever ask for.

use entity::enums::{GenerationState, PosterState};
use haibao::{
    events::{Fact, append_in_txn},
    ledger,
};
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, Statement};

use crate::support::{
    database::{Engine, TestDatabase, engines},
    rows, run,
};

/// Every table and trigger that exists.
async fn objects(database: &TestDatabase, engine: Engine) -> Vec<String> {
    let sql = match engine {
        Engine::Sqlite => "SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name",
        Engine::Postgres => {
            "SELECT name FROM (SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' UNION ALL SELECT indexname FROM pg_indexes WHERE schemaname = 'public' UNION ALL SELECT tgname FROM pg_trigger WHERE NOT tgisinternal UNION ALL SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public') found ORDER BY name"
        }
    };
    let connection = database.database.read();
    let found = connection.query_all_raw(Statement::from_string(connection.get_database_backend(), sql)).await;
    let rows = found.expect("the catalogue answers");
    rows.iter().map(|row| row.try_get::<String>("", "name").expect("a name")).collect()
}

/// The migrator needs a connection that may write; the service keeps its own to itself.
async fn connection(database: &TestDatabase) -> DatabaseConnection {
    sea_orm::Database::connect(database.url()).await.expect("a second connection")
}

#[test]
fn the_schema_goes_up_down_and_up_again() {
    run(async {
        for engine in engines() {
            let test = TestDatabase::empty(engine).await;
            let connection = connection(&test).await;
            Migrator::up(&connection, None).await.expect("up");
            let first = objects(&test, engine).await;
            assert!(first.iter().any(|name| name == "ledger_entries"), "{engine:?}: {first:?}");
            assert!(first.iter().any(|name| name == "users_balance_follows_ledger"), "{engine:?}: {first:?}");
            Migrator::down(&connection, None).await.expect("down");
            let left = objects(&test, engine).await;
            let left: Vec<_> = left.into_iter().filter(|name| !name.starts_with("seaql_migrations")).collect();
            assert_eq!(left, Vec::<String>::new(), "{engine:?}: nothing is left behind");
            Migrator::up(&connection, None).await.expect("up again");
            assert_eq!(objects(&test, engine).await, first, "{engine:?}: the same schema as before");
            assert_eq!(test.database.pending_migrations().await.expect("an answer"), 0);
        }
    });
}

#[test]
fn users_and_orders_have_the_columns_of_the_specification() {
    // name, type, not null, default: what PRAGMA table_info shows.
    const USERS: [(&str, &str, bool, Option<&str>); 4] = [
        ("id", "INTEGER", false, None),
        ("email", "TEXT", true, None),
        ("credits", "INTEGER", true, Some("0")),
        ("frozen", "INTEGER", true, Some("0")),
    ];
    const ORDERS: [(&str, &str, bool, Option<&str>); 5] = [
        ("id", "INTEGER", false, None),
        ("user_id", "INTEGER", true, None),
        ("amount", "INTEGER", true, None),
        ("status", "TEXT", true, Some("'pending'")),
        ("trade_no", "TEXT", false, None),
    ];
    run(async {
        let test = TestDatabase::new(Engine::Sqlite).await;
        for (table, expected) in [("users", &USERS[..]), ("orders", &ORDERS[..])] {
            let connection = test.database.read();
            let statement =
                Statement::from_string(connection.get_database_backend(), format!("PRAGMA table_info({table})"));
            let found = connection.query_all_raw(statement).await.expect("the catalogue answers");
            for (row, (name, kind, not_null, default)) in found.iter().zip(expected) {
                assert_eq!(row.try_get::<String>("", "name").expect("a name"), *name, "{table}: the order of columns");
                assert_eq!(row.try_get::<String>("", "type").expect("a type"), *kind, "{table}.{name}");
                assert_eq!(row.try_get::<i64>("", "notnull").expect("a flag") == 1, *not_null, "{table}.{name}");
                let found = row.try_get::<Option<String>>("", "dflt_value").expect("a default");
                assert_eq!(found.as_deref(), *default, "{table}.{name}");
                let key = row.try_get::<i64>("", "pk").expect("a flag") == 1;
                assert_eq!(key, *name == "id", "{table}.{name}");
            }
            assert!(found.len() >= expected.len(), "{table} has all of them");
            let statement = Statement::from_string(
                connection.get_database_backend(),
                format!("SELECT sql FROM sqlite_master WHERE name = '{table}'"),
            );
            let created = connection.query_one_raw(statement).await.expect("an answer").expect("the table");
            assert!(
                created.try_get::<String>("", "sql").expect("text").contains("PRIMARY KEY AUTOINCREMENT"),
                "{table}"
            );
        }
    });
}

/// One user with a grant, an open and a settled hold, and an event: something to attack.
async fn populate(txn: &DatabaseTransaction) {
    let user = rows::user(txn, "a@example.com").await;
    let id = "session_20260110143052_a3f2";
    let generation = rows::generation(txn, user.id, id, GenerationState::Running).await;
    let poster = rows::poster(txn, &generation, 0, PosterState::Running).await;
    let granted = ledger::grant_in_txn(txn, user.id, 40, "welcome".to_owned(), None, rows::AT_MS).await;
    let wallet = granted.expect("a grant");
    let requests =
        [rows::hold_request(&generation.id, poster.id, 1, 4), rows::hold_request(&generation.id, poster.id, 2, 4)];
    ledger::hold_in_txn(txn, user.id, &requests, rows::AT_MS).await.expect("two holds");
    ledger::release_in_txn(txn, 1, rows::AT_MS).await.expect("the first is released");
    let fact = Fact::GenerationQueued { wallet };
    append_in_txn(txn, &generation.id, &fact, rows::AT_MS).await.expect("an event");
    let log = "INSERT INTO audit_log (at_ms, actor, action, object, outcome, seq, hash) VALUES (1, 'a', 'b', 'c', 'd', 1, 'h')";
    txn.execute_unprepared(log).await.expect("an audit row");
}

#[test]
fn the_database_refuses_what_no_code_should_ask_for() {
    const REFUSED: [(&str, &str); 26] = [
        ("UPDATE ledger_entries SET credits_delta = 400", "append-only"),
        ("UPDATE ledger_entries SET note = 'x'", "append-only"),
        ("DELETE FROM ledger_entries", "append-only"),
        ("UPDATE users SET credits = credits + 1", "ledger entry"),
        ("UPDATE users SET frozen = 0", "ledger entry"),
        ("UPDATE users SET wallet_version = wallet_version + 1", "ledger entry"),
        ("INSERT INTO users (email, credits) VALUES ('b@example.com', 10)", "ledger entry"),
        ("INSERT INTO users (email, frozen) VALUES ('b@example.com', 10)", "ledger entry"),
        ("UPDATE holds SET state = 'open' WHERE id = 1", "final"),
        ("UPDATE holds SET state = 'captured' WHERE id = 1", "final"),
        ("UPDATE holds SET amount = 1 WHERE id = 2", "never changes"),
        ("DELETE FROM holds WHERE id = 2", "never deleted"),
        ("UPDATE events SET payload = '{}'", "append-only"),
        ("DELETE FROM events", "append-only"),
        ("UPDATE audit_log SET actor = 'x'", "append-only"),
        ("DELETE FROM audit_log", "append-only"),
        (
            "INSERT INTO audit_log (at_ms, actor, action, object, outcome) VALUES (1, 'a', 'b', 'c', 'd')",
            "belongs to the chain",
        ),
        ("UPDATE audit_head SET seq = 2, hash = 'h'", "moves on"),
        ("UPDATE audit_head SET seq = 1, hash = 'x'", "moves on"),
        ("DELETE FROM audit_head", "never deleted"),
        ("INSERT INTO audit_head (id, seq, hash) VALUES (2, 0, '')", ""),
        ("INSERT INTO orders (user_id, amount) VALUES (1, 0)", ""),
        ("INSERT INTO orders (user_id, amount, status) VALUES (1, 10, 'credited')", ""),
        ("UPDATE holds SET state = 'lost' WHERE id = 2", ""),
        (
            "INSERT INTO ledger_entries (user_id, wallet_version, kind, credits_delta, frozen_delta, credits_after, frozen_after, idempotency_key, at_ms) VALUES (1, 99, 'capture', 4, 0, 4, 0, 'k', 1)",
            "",
        ),
        (
            "INSERT INTO ledger_entries (user_id, wallet_version, kind, credits_delta, frozen_delta, credits_after, frozen_after, idempotency_key, at_ms) VALUES (1, 1, 'grant', 4, 0, 4, 0, 'k', 1)",
            "",
        ),
    ];
    run(async {
        for engine in engines() {
            let test = TestDatabase::new(engine).await;
            let txn = test.database.write().await.expect("a transaction");
            populate(&txn).await;
            txn.commit().await.expect("the rows are written");
            for (sql, says) in REFUSED {
                let refused = test.raw(sql).await.expect_err(sql).to_string();
                assert!(refused.contains(says), "{engine:?}: {sql}: {refused}");
            }
            // The net lets through what is right.
            test.raw("UPDATE users SET email = 'c@example.com'").await.expect("an address may change");
            let wallet = ledger::wallet(test.database.read(), 1).await.expect("the user is there");
            assert_eq!((wallet.credits, wallet.frozen), (36, 4), "{engine:?}");
        }
    });
}

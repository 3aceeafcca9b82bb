INSERT INTO users (id, email, created_at_ms)
WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < :users)
SELECT n, 'seller' || n || '@example.com', :now_ms FROM numbers;

INSERT INTO orders (id, user_id, amount, amount_fen, status, channel, trade_no, idempotency_key, created_at_ms, paid_at_ms)
SELECT u.id + :users * half, u.id, 500, 5000, 'paid', CASE half WHEN 0 THEN 'alipay' ELSE 'wechat_pay' END,
    'T' || u.id, 'order-' || half, :now_ms, :now_ms
FROM (SELECT 0 AS half UNION ALL SELECT 1), users u;

INSERT INTO payment_attempts (order_id, channel, out_trade_no, amount_fen, created_at_ms, expires_at_ms)
SELECT id, channel, 'hb' || id || 't', amount_fen, created_at_ms, created_at_ms FROM orders;

INSERT INTO generations (id, user_id, idempotency_key, request_sha256, state, description, photo_ids, format, seed,
    last_seq, version, created_at_ms, finished_at_ms)
WITH RECURSIVE sets (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM sets WHERE n < 6)
SELECT printf('session_20260110143052_%06x', n * :users + u.id - 1), u.id, 'key-' || n, '', 'completed', '云雾精华液 30 mL', '[]',
    'PORTRAIT_9_16', n, 9, 9, :now_ms + n, :now_ms + n
FROM sets, users u ORDER BY n, u.id;

INSERT INTO posters (id, generation_id, user_id, dimension, state)
WITH RECURSIVE dimensions (d) AS (SELECT 0 UNION ALL SELECT d + 1 FROM dimensions WHERE d < 6)
SELECT (g.rowid - 1) * 7 + d + 1, g.id, g.user_id, d, CASE d WHEN 6 THEN 'refunded' ELSE 'succeeded' END
FROM generations g, dimensions;

INSERT INTO holds (id, user_id, generation_id, poster_id, attempt, amount, state, created_at_ms, settled_at_ms)
SELECT id, user_id, generation_id, id, 1, 4, CASE state WHEN 'refunded' THEN 'released' ELSE 'captured' END, :now_ms, :now_ms
FROM posters;

INSERT INTO jobs (kind, user_id, generation_id, poster_id, hold_id, state, run_after_ms, created_at_ms)
SELECT 'render_poster', user_id, generation_id, id, id, 'done', :now_ms, :now_ms FROM posters;

INSERT INTO revisions (poster_id, generation_id, user_id, name, file_name, object_key, width, height, byte_size, sha256,
    hold_id, created_at_ms)
SELECT id, generation_id, user_id, 'prime', printf('%02d-prime.jpg', dimension),
    printf('outputs/%d/%s/%02d-prime.jpg', user_id, generation_id, dimension), 1080, 1920, 262144, printf('%064x', id), id, :now_ms
FROM posters WHERE state = 'succeeded';

INSERT INTO events (generation_id, seq, kind, payload, at_ms)
WITH RECURSIVE steps (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM steps WHERE seq < 9)
SELECT g.id, seq,
    CASE seq WHEN 1 THEN 'generation_queued' WHEN 8 THEN 'poster_refunded' WHEN 9 THEN 'generation_completed' ELSE 'poster_succeeded' END,
    '{"wallet":{"credits":1000,"frozen":28,"version":9}}', :now_ms
FROM generations g, steps;

INSERT INTO ledger_entries (user_id, wallet_version, kind, credits_delta, frozen_delta, credits_after, frozen_after,
    order_id, hold_id, idempotency_key, at_ms)
WITH RECURSIVE versions (v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM versions WHERE v < 2)
SELECT u.id, v, 'deposit', 500, 0, 500 * v, 0, u.id + :users * (v - 1), NULL, 'deposit:order:' || (u.id + :users * (v - 1)), :now_ms
FROM versions, users u;

INSERT INTO ledger_entries (user_id, wallet_version, kind, credits_delta, frozen_delta, credits_after, frozen_after,
    order_id, hold_id, idempotency_key, at_ms)
WITH RECURSIVE steps (w) AS (SELECT 0 UNION ALL SELECT w + 1 FROM steps WHERE w < 97),
placed AS (SELECT w, w / 14 AS s, w % 7 AS d, w % 14 < 7 AS holds FROM steps)
SELECT u.id, w + 3, CASE WHEN holds THEN 'hold' WHEN d = 6 THEN 'release' ELSE 'capture' END,
    CASE WHEN holds THEN -4 WHEN d = 6 THEN 4 ELSE 0 END,
    CASE WHEN holds THEN 4 ELSE -4 END,
    1000 - 24 * s - CASE WHEN holds THEN 4 * (d + 1) WHEN d = 6 THEN 24 ELSE 28 END,
    CASE WHEN holds THEN 4 * (d + 1) ELSE 24 - 4 * d END,
    NULL, (s * :users + u.id - 1) * 7 + d + 1,
    CASE WHEN holds THEN 'hold:' ELSE 'settle:' END || ((s * :users + u.id - 1) * 7 + d + 1), :now_ms + w
FROM placed, users u;

UPDATE users SET credits = 832, frozen = 0, wallet_version = 100;

INSERT INTO users (id, email, created_at_ms) VALUES (1, 'seller@example.com', :now_ms);

INSERT INTO sign_in_sessions (id, user_id, created_at_ms, expires_at_ms) VALUES ('bench', 1, :now_ms, :expires_ms);

INSERT INTO generations (id, user_id, idempotency_key, request_sha256, state, product_name, description, photo_ids,
    format, visual, typography, layout, seed, last_seq, version, created_at_ms, finished_at_ms)
WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :sets)
SELECT printf('session_20260110143052_%04x', n), 1, 'key-' || n, printf('%064x', n), 'completed',
    '云雾精华液 Mist Serum ' || n, '云雾精华液 30 mL，玻璃滴管瓶，补水保湿，适合敏感肌', '[]', 'PORTRAIT_9_16', 'MINIMAL', 'THIN',
    'STACKED', n, 33, 45, :now_ms - 60000 * n, :now_ms - 60000 * n + 9000
FROM numbers;

INSERT INTO posters (id, generation_id, user_id, dimension, state, credits_captured, version)
WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < 10 * :sets)
SELECT n + 1, printf('session_20260110143052_%04x', n / 10), 1, n % 10, 'succeeded', 2, 4
FROM numbers;

INSERT INTO revisions (poster_id, generation_id, user_id, name, file_name, object_key, width, height, byte_size, sha256,
    thumbhash, created_at_ms)
SELECT id, generation_id, 1, 'prime', printf('%02d-prime.jpg', dimension),
    printf('outputs/1/%s/%02d-prime.jpg', generation_id, dimension), 1080, 1920, 262144 + id, printf('%064x', id),
    '1QcSHQRnh493V4dIh4eXh1h4kJUI', :now_ms
FROM posters;

INSERT INTO generations (id, user_id, idempotency_key, request_sha256, state, description, photo_ids, format, seed,
    created_at_ms)
VALUES (':running_set', 1, 'key-running', printf('%064x', 1), 'running', '云雾精华液', '[]', 'PORTRAIT_9_16', 1, :now_ms);

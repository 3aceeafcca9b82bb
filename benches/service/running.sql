INSERT INTO users (id, email) VALUES (:n, 'seller:n@example.com');
INSERT INTO generations (id, user_id, idempotency_key, request_sha256, state, description, photo_ids, format, seed,
    created_at_ms)
VALUES (':id', :n, 'key', '', 'running', '云雾精华液', '[]', 'PORTRAIT_9_16', 1, 0);

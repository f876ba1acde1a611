-- Cancelling an operation that has to take things back: its worker does that, step by step, before it ends.
ALTER TABLE operations
    ADD COLUMN cancel_requested_at timestamptz,
    -- Number of steps that have been taken back.
    ADD COLUMN unwound integer NOT NULL DEFAULT 0;

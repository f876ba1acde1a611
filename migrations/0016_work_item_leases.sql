-- Heartbeats write lease_expires_at of every held item again and again. While an index held that column, each of these
-- writes made new entries in all indexes of the table.
DROP INDEX work_items_leased;
CREATE INDEX work_items_held ON work_items (id) WHERE owner IS NOT NULL;

-- Which run has worked on a shop last, and since when: what it did stands in `run_event`.

ALTER TABLE shop
    ADD COLUMN last_run uuid,
    ADD COLUMN last_run_at timestamptz;

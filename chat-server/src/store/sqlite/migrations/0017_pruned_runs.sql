-- How many of an account's messages in a room were removed as old: they count as read, without a write to the member.
ALTER TABLE author ADD COLUMN pruned_ordinal INTEGER NOT NULL DEFAULT 0;
-- The joins and leaves between removed messages become one run, as they do when messages are removed now.
UPDATE item SET run_from = run.first, run_joined = run.joined, run_left = run.gone FROM (
    SELECT id,
        min(seq) OVER (PARTITION BY room, island) AS first,
        sum(kind = 'join') OVER (PARTITION BY room, island ORDER BY seq) AS joined,
        sum(kind = 'leave') OVER (PARTITION BY room, island ORDER BY seq) AS gone
    FROM (
        SELECT id, room, seq, kind, run_from IS NOT NULL AS is_run,
            row_number() OVER (PARTITION BY room ORDER BY seq)
              - row_number() OVER (PARTITION BY room, run_from IS NOT NULL ORDER BY seq) AS island
        FROM (
            SELECT item.id, item.room, item.seq, item.run_from,
                coalesce(CASE WHEN item.run_from IS NOT NULL AND json_valid(item.what) THEN json_extract(item.what, '$.kind') END, '') AS kind
            FROM item JOIN room ON room.id = item.room
            WHERE item.seq <= room.pruned_to OR item.run_from <= room.pruned_to
        )
    )
    WHERE is_run
) AS run WHERE item.id = run.id;

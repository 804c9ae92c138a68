-- A join or leave knows its run, the joins and leaves without another item between them: the first place of it, and how many
-- joins and leaves it has up to this one. So the last says how many there are, and where to go on before them.
ALTER TABLE item ADD COLUMN run_from INTEGER;
ALTER TABLE item ADD COLUMN run_joined INTEGER;
ALTER TABLE item ADD COLUMN run_left INTEGER;
UPDATE item SET run_from = run.first, run_joined = run.joined, run_left = run.gone FROM (
    SELECT id,
        min(seq) OVER (PARTITION BY room, island) AS first,
        sum(kind = 'join') OVER (PARTITION BY room, island ORDER BY seq) AS joined,
        sum(kind = 'leave') OVER (PARTITION BY room, island ORDER BY seq) AS gone
    FROM (
        SELECT id, room, seq, kind, kind IN ('join', 'leave') AS is_run,
            row_number() OVER (PARTITION BY room ORDER BY seq)
              - row_number() OVER (PARTITION BY room, kind IN ('join', 'leave') ORDER BY seq) AS island
        FROM (
            SELECT id, room, seq,
                coalesce(CASE WHEN ordinal IS NULL AND json_valid(what) THEN json_extract(what, '$.kind') END, '') AS kind
            FROM item
        )
    )
    WHERE is_run
) AS run WHERE item.id = run.id;

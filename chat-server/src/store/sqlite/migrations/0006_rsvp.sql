-- The item that holds a member's answer: a later answer changes that item. Absent while none was given.
ALTER TABLE member ADD COLUMN rsvp_seq INTEGER;
UPDATE member SET rsvp_seq = (
    SELECT max(item.seq) FROM item
    WHERE item.room = member.room AND item.author = member.account AND item.at >= member.joined_at
      AND item.body IS NULL AND json_extract(item.what, '$.kind') = 'rsvp'
);
-- An answer carries the room's counts. Older ones get the present counts: only those of the newest are looked at.
UPDATE item SET what = json_set(
    what,
    '$.counts',
    json_object(
        'attending', (SELECT count(*) FROM member WHERE member.room = item.room AND member.rsvp = 2),
        'interested', (SELECT count(*) FROM member WHERE member.room = item.room AND member.rsvp = 1)
    )
)
WHERE body IS NULL AND json_extract(what, '$.kind') = 'rsvp';

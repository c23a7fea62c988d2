/**
 * RFC 9562 version 7: 48 bits of milliseconds, 12 bits of the fraction below, then random bits. Ids made later
 * sort later (to a quarter of a microsecond), so a cursor over ids is a cursor over time, and new rows land at
 * the end of an index. PostgreSQL has its own, quicker one from 18 on; before, the last 16 digits, variant
 * included, are those of a random version 4 id.
 */
export const uuidV7 = `
do $migration$ begin
  if current_setting('server_version_num')::int >= 180000 then
    create function uuid_v7() returns uuid language sql volatile parallel safe as 'select uuidv7()';
  else
    create function uuid_v7() returns uuid language sql volatile parallel safe as $$
      select (lpad(to_hex(us / 1000), 12, '0') || '7' || lpad(to_hex(us % 1000 * 4096 / 1000), 3, '0')
        || substr(replace(gen_random_uuid()::text, '-', ''), 17))::uuid
      from (select (extract(epoch from clock_timestamp()) * 1000000)::bigint as us) as clock
    $$;
  end if;
end $migration$`;

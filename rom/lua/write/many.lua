-- New rows together: all that they write is collected and looked at, and then written by one call a key.
--
-- uses: CHUNK, ask, need, is_denied, refuse, put_entries, write_fields
-- gives: write_many

-- include write/collected

-- include write/looks

write_many = function(batch, rows, ids, progress, counter, fresh)
  local calls = collected()
  for number, at in ipairs(rows) do put_entries(batch, at, ids[number], collect) end
  look_at_all(calls)
  if fresh > 0 then redis.call('INCRBY', counter, fresh) end
  progress.is_begun = fresh > 0  -- what comes first is refused where there is no memory
  for number, at in ipairs(rows) do write_fields(batch, at, ids[number]) end
  send_collected(redis.call)
end

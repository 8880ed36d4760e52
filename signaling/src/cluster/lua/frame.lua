-- Appends a frame of a seat: to one peer, to all others, or a refusal for the seat itself. A frame that was received
-- before is ignored.
local from, attempt, number, kind, arg, payload, unknown_peer_message = ARGV[5], ARGV[6], tonumber(ARGV[7]), ARGV[8], ARGV[9], ARGV[10], ARGV[11]
local record = get('s:' .. from)
if not record or string.sub(record, 1, #attempt + 1) ~= attempt .. ' ' then return { 'gone' } end
if ARGV[12] == '1' then
  local ahead = (number - count('n:' .. from)) % WRAP
  if ahead == 0 or ahead > WRAP / 2 then return { 'had' } end
  if ahead > 1 then return { 'gap' } end
  set('n:' .. from, ARGV[7])
end
if kind == 's' and redis.call('HEXISTS', room, 's:' .. arg) == 0 then
  kind, arg, payload = 'e', 'unknown_peer', unknown_peer_message
end
if kind == 'a' then
  add('b', 1)
  add('k:' .. from, -1)
elseif kind == 's' then
  add('k:' .. arg, 1)
else
  add('k:' .. from, 1)
end
local prev, id = append(kind, from, ARGV[7], arg, payload)
return { kind, prev, id }

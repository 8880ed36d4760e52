-- A frame of a seat: to one, to all others, or a refusal to itself. One that has come already does nothing.
local from, rq, n, kind, arg, payload, nobody = ARGV[5], ARGV[6], tonumber(ARGV[7]), ARGV[8], ARGV[9], ARGV[10], ARGV[11]
local record = get('s:' .. from)
if not record or string.sub(record, 1, #rq + 1) ~= rq .. ' ' then return { 'gone' } end
if ARGV[12] == '1' then
  local ahead = (n - count('n:' .. from)) % WRAP
  if ahead == 0 or ahead > WRAP / 2 then return { 'had' } end
  if ahead > 1 then return { 'gap' } end
  set('n:' .. from, ARGV[7])
end
if kind == 's' and redis.call('HEXISTS', room, 's:' .. arg) == 0 then
  kind, arg, payload = 'e', 'unknown_peer', nobody
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

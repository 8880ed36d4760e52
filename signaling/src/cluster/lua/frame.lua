-- Appends a frame of a seat: to one peer, to all others, or a refusal for the seat itself. A frame that was received
-- before is ignored.
local from, number, event = args.from, args.number, args.event
local seat = redis.call('HMGET', room, 'attempt:' .. from, 'received:' .. from)
if seat[1] ~= args.attempt then return reply('gone') end
if number then
  local ahead = (number - tonumber(seat[2])) % WRAP
  if ahead == 0 or ahead > WRAP / 2 then return reply('duplicate') end
  if ahead > 1 then return reply('gone') end
end
local known = not event.signalled or redis.call('HEXISTS', room, 'seat:' .. event.signalled.to) == 1
if not known then event = { refused = { code = 'unknown_peer', message = args.unknown_peer } } end
if event.said then
  add('broadcasts', 1)
  add('sent:' .. from, -1)
elseif event.signalled then
  add('sent:' .. event.signalled.to, 1)
else
  add('sent:' .. from, 1)
end
local entry = append({ from = from, number = number, event = event }, known and ARGV[2] or '', false, 'received:' .. from, number or seat[2])
return reply({ [known and 'appended' or 'unknown_peer'] = entry })

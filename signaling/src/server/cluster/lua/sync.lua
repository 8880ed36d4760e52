-- After Redis was away: what a process holds and what Redis holds become one again.
-- Without the epoch that the process knew, the data were lost: its seats are put down anew, and those of others
-- that it knows of without what belongs to them, which their processes bring. Data from before what the process knows
-- are no better than none.
local new_epoch, ttl, epoch, last, apart = ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9] == '1'
local seats, others = tonumber(ARGV[10]), tonumber(ARGV[11])
local function earlier(one, other)
  local time, number = string.match(one, '^(%d+)%-(%d+)$')
  local later, further = string.match(other, '^(%d+)%-(%d+)$')
  if time ~= later then return tonumber(time) < tonumber(later) end
  return tonumber(number) < tonumber(further)
end
if get('e') == epoch and earlier(get('l'), last) then redis.call('DEL', room, log) end
local fresh = redis.call('EXISTS', room) == 0
if fresh then found(new_epoch, ttl) end
local lost = get('e') ~= epoch
local same = fresh or (not lost and get('l') == last)
local gone = {}
local at = 12
for _ = 1, seats do
  local id, rq, token, n, told, time, serial, name, words = unpack(ARGV, at, at + 8)
  at = at + 9
  local s = seat(id)
  if lost and (not s or s.rq == '-') and (get('u:' .. name) or id) == id then
    if s then
      s.rq, s.token, s.time, s.serial = rq, token, time, serial
      write(id, s)
      set('t:' .. token, id)
    else
      put(id, { rq = rq, proc = proc, token = token, time = time, serial = serial, name = name })
      append('r', id, 0, proc, name)
    end
    s = seat(id)
  end
  if not s then
    gone[#gone + 1] = 'x ' .. id
  elseif s.rq ~= rq or s.proc ~= proc then
    gone[#gone + 1] = 'm ' .. id
  elseif lost or (same and apart) then
    redis.call('HSET', room, 'n:' .. id, n, 'k:' .. id, (tonumber(told) - count('b')) % WRAP, 'z:' .. id, told, 'h:' .. id, words)
  end
end
for _ = 1, others do
  local id, other, name = unpack(ARGV, at, at + 2)
  at = at + 3
  if lost and not seat(id) and not get('u:' .. name) then
    put(id, { rq = '-', proc = other, token = '-', time = '0', serial = '0', name = name })
    append('r', id, 0, other, name)
  end
end
if count('c') <= 0 then
  redis.call('DEL', room, log)
  return { 'empty', '', '', gone, {} }
end
redis.call('PEXPIRE', log, ttl)
return { same and 'same' or 'behind', get('e'), get('l'), gone, members() }

-- Reconciles the state of a process with that of Redis, after Redis was unavailable. A different epoch means that the
-- data was lost. The seats of the process are registered again. The known seats of other processes are registered
-- without secrets and counts, which their processes add. Data that is older than the state of the process is treated as
-- lost.
local new_epoch, ttl, epoch, last, diverged = ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9] == '1'
local seats, others = tonumber(ARGV[10]), tonumber(ARGV[11])
local function earlier(one, other)
  local time, number = string.match(one, '^(%d+)%-(%d+)$')
  local later, further = string.match(other, '^(%d+)%-(%d+)$')
  if time ~= later then return tonumber(time) < tonumber(later) end
  return tonumber(number) < tonumber(further)
end
if get('e') == epoch and earlier(get('l'), last) then redis.call('DEL', room, log) end
local fresh = redis.call('EXISTS', room) == 0
if fresh then create(new_epoch, ttl) end
local lost = get('e') ~= epoch
local same = fresh or (not lost and get('l') == last)
local lost_seats = {}
local at = 12
for _ = 1, seats do
  local id, attempt, secret, received, sent, time, serial, name, branches = unpack(ARGV, at, at + 8)
  at = at + 9
  local s = seat(id)
  if lost and (not s or s.attempt == '-') and (get('u:' .. name) or id) == id then
    if s then
      s.attempt, s.secret, s.time, s.serial = attempt, secret, time, serial
      write(id, s)
      set('t:' .. secret, id)
    else
      store(id, { attempt = attempt, process = process, secret = secret, time = time, serial = serial, name = name })
      append('r', id, 0, process, name)
    end
    s = seat(id)
  end
  if not s then
    lost_seats[#lost_seats + 1] = 'x ' .. id
  elseif s.attempt ~= attempt or s.process ~= process then
    lost_seats[#lost_seats + 1] = 'm ' .. id
  elseif lost or (same and diverged) then
    redis.call('HSET', room, 'n:' .. id, received, 'k:' .. id, (tonumber(sent) - count('b')) % WRAP, 'z:' .. id, sent, 'h:' .. id, branches)
  end
end
for _ = 1, others do
  local id, other, name = unpack(ARGV, at, at + 2)
  at = at + 3
  if lost and not seat(id) and not get('u:' .. name) then
    store(id, { attempt = '-', process = other, secret = '-', time = '0', serial = '0', name = name })
    append('r', id, 0, other, name)
  end
end
if count('c') <= 0 then
  redis.call('DEL', room, log)
  return { 'empty', '', '', lost_seats, {} }
end
redis.call('PEXPIRE', log, ttl)
return { same and 'same' or 'behind', get('e'), get('l'), lost_seats, members() }

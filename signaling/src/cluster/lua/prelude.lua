-- The common part of all scripts for a room. Fields of the hash of the room:
--   e          epoch; another epoch means another room of that name, or a room whose data were lost
--   l          id of the last entry in the log
--   b          number of entries that were sent to all seats but one
--   w          bytes ever appended to the log
--   c q o      number of seats, of processes with seats, and of seats ever taken
--   p:PROCESS  number of seats of a process
--   s:ID       seat: attempt, process, secret, time and serial of its socket, order, name
--   n:ID       number of numbered frames received from a seat
--   k:ID       b + k is the number of numbered frames sent to a seat
--   z:ID       number of frames sent to a seat before the log starts, where that is not 0
--   h:ID       branches that the token of a seat may name, the newest first
--   t:SECRET and u:NAME   id of the seat
local room, log, channel = KEYS[1], KEYS[2], KEYS[3]
local process, keep_ms, max_frames, max_bytes = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local WRAP = 4294967296

local function get(field) return redis.call('HGET', room, field) end
local function set(field, value) redis.call('HSET', room, field, value) end
local function add(field, by) return redis.call('HINCRBY', room, field, by) end
local function count(field) return tonumber(get(field) or '0') end
local function drop(...) redis.call('HDEL', room, ...) end

local function trim()
  local now = redis.call('TIME')
  local oldest = tonumber(now[1]) * 1000 - keep_ms
  local total = count('w')
  for _ = 1, 64 do
    local first = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
    if not first then return end
    local time = tonumber(string.match(first[1], '^%d+'))
    if time >= oldest and total - tonumber(first[2][4]) + #first[2][2] <= max_bytes then return end
    redis.call('XDEL', log, first[1])
  end
end

local function append(kind, from, number, arg, payload, always)
  local prev = get('l')
  local body = prev .. ' ' .. kind .. ' ' .. from .. ' ' .. number .. ' ' .. arg .. '\n' .. payload
  local total = add('w', #body)
  local id = redis.call('XADD', log, 'MAXLEN', '~', max_frames, '*', 'e', body, 'w', total)
  set('l', id)
  -- Checked only occasionally, because the limit need not be exact.
  if #body > 4096 or string.match(id, '0%-%d+$') then trim() end
  -- The calling process gets the answer, so the entry is published only if there are other processes.
  local own = redis.call('HEXISTS', room, 'p:' .. process)
  if always or count('q') > own then redis.call('SPUBLISH', channel, id .. ' ' .. body) end
  return prev, id
end

local function seat(id)
  local record = get('s:' .. id)
  if not record then return nil end
  local attempt, process, secret, time, serial, order, name = string.match(record, '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (.*)$')
  return { attempt = attempt, process = process, secret = secret, time = time, serial = serial, order = order, name = name }
end

local function write(id, s)
  set('s:' .. id, table.concat({ s.attempt, s.process, s.secret, s.time, s.serial, s.order, s.name }, ' '))
end

local function seat_added(process)
  if add('p:' .. process, 1) == 1 then add('q', 1) end
end

local function seat_removed(process)
  if add('p:' .. process, -1) <= 0 then
    drop('p:' .. process)
    add('q', -1)
  end
end

-- Stores a new seat without an entry in the log. (-count('b') might be -0, which some versions of Redis cannot add to.)
local function store(id, s)
  s.order = add('o', 1)
  write(id, s)
  redis.call('HSET', room, 'u:' .. s.name, id, 'n:' .. id, 0, 'k:' .. id, 0 - count('b'))
  if s.secret ~= '-' then set('t:' .. s.secret, id) end
  add('c', 1)
  seat_added(s.process)
end

-- Removes a seat, and the room with the last seat unless it is kept for a new one.
local function remove(id, s, reason, keep_room)
  drop('s:' .. id, 'n:' .. id, 'k:' .. id, 'z:' .. id, 'h:' .. id, 'u:' .. s.name, 't:' .. s.secret)
  seat_removed(s.process)
  if add('c', -1) <= 0 and not keep_room then
    redis.call('DEL', room, log)
    return nil
  end
  add('b', 1)
  return append('l', id, 0, reason, '', true)
end

local function members()
  local all, list = redis.call('HGETALL', room), {}
  for i = 1, #all, 2 do
    local id = string.match(all[i], '^s:(.*)$')
    if id then
      local s = seat(id)
      list[#list + 1] = id .. ' ' .. s.process .. ' ' .. s.order .. ' ' .. s.name
    end
  end
  return list
end

local function create(epoch, ttl)
  redis.call('HSET', room, 'e', epoch, 'l', '0-0', 'b', 0)
  redis.call('PEXPIRE', room, ttl)
end

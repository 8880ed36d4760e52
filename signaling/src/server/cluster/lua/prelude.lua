-- What all scripts on a room share. Fields of the room's hash:
--   e      its epoch: another one is another room, or one whose data were lost
--   l      the id of the log's last entry
--   b      how many entries were told to everybody but one
--   w      bytes ever put into the log
--   c q o  seats, processes with seats, seats ever taken
--   p:PROC seats of a process
--   s:ID   a seat: attempt, process, token, time and serial of its socket, order, name
--   n:ID   numbered frames that have come from it
--   k:ID   b + k is how many numbered frames it was told
--   z:ID   where the log begins to tell what it was told, where that is not at its start
--   h:ID   the words that its token may have, the newest first
--   t:TOKEN and u:NAME   the seat's id (of the token, the secret)
local room, log, channel = KEYS[1], KEYS[2], KEYS[3]
local proc, keep_ms, max_frames, max_bytes = ARGV[1], tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
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

local function append(kind, from, n, arg, payload, always)
  local prev = get('l')
  local body = prev .. ' ' .. kind .. ' ' .. from .. ' ' .. n .. ' ' .. arg .. '\n' .. payload
  local total = add('w', #body)
  local id = redis.call('XADD', log, 'MAXLEN', '~', max_frames, '*', 'e', body, 'w', total)
  set('l', id)
  -- A bound that is overrun by a few is a bound.
  if #body > 4096 or string.match(id, '0%-%d+$') then trim() end
  -- Who asks has the answer to go by: without others, nothing needs to be published.
  local mine = redis.call('HEXISTS', room, 'p:' .. proc)
  if always or count('q') > mine then redis.call('SPUBLISH', channel, id .. ' ' .. body) end
  return prev, id
end

local function seat(id)
  local record = get('s:' .. id)
  if not record then return nil end
  local rq, at, token, time, serial, order, name = string.match(record, '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (.*)$')
  return { rq = rq, proc = at, token = token, time = time, serial = serial, order = order, name = name }
end

local function write(id, s)
  set('s:' .. id, table.concat({ s.rq, s.proc, s.token, s.time, s.serial, s.order, s.name }, ' '))
end

local function came(at)
  if add('p:' .. at, 1) == 1 then add('q', 1) end
end

local function went(at)
  if add('p:' .. at, -1) <= 0 then
    drop('p:' .. at)
    add('q', -1)
  end
end

-- Puts a seat down, of which nobody is told yet. (-count('b') might be -0, which some versions of Redis cannot add to.)
local function put(id, s)
  s.order = add('o', 1)
  write(id, s)
  redis.call('HSET', room, 'u:' .. s.name, id, 'n:' .. id, s.n or 0, 'k:' .. id, 0 - count('b'))
  if s.token ~= '-' then set('t:' .. s.token, id) end
  add('c', 1)
  came(s.proc)
end

-- Takes a seat away. With the last one goes the room, unless it is to stay for somebody.
local function remove(id, s, reason, stays)
  drop('s:' .. id, 'n:' .. id, 'k:' .. id, 'z:' .. id, 'h:' .. id, 'u:' .. s.name, 't:' .. s.token)
  went(s.proc)
  if add('c', -1) <= 0 and not stays then
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
      list[#list + 1] = id .. ' ' .. s.proc .. ' ' .. s.order .. ' ' .. s.name
    end
  end
  return list
end

local function found(epoch, ttl)
  redis.call('HSET', room, 'e', epoch, 'l', '0-0', 'b', 0)
  redis.call('PEXPIRE', room, ttl)
end

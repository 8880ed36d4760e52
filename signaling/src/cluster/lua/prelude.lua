-- The common part of all scripts on a room. The arguments are a JSON object and, for a frame, its data. The room is a
-- hash with these fields:
--   epoch              id of this room: a room whose data was lost, or the next room of that name, has another one
--   last               id of the last entry in the log
--   written            bytes ever appended to the log
--   broadcasts         number of entries that were sent to all seats but one
--   seats, joins       number of seats, and of seats ever taken
--   processes          number of processes with seats
--   process:PROCESS    number of seats of a process
--   seat:ID            seat, as JSON: process, secret, opened, serial, order, name
--   attempt:ID         id of the join by which the seat was taken or resumed
--   received:ID        number of numbered frames received from a seat
--   sent:ID            broadcasts + sent:ID is the number of numbered frames sent to a seat
--   secret:SECRET and name:NAME   id of the seat
local room, log, channel = KEYS[1], KEYS[2], KEYS[3]
local args = cjson.decode(ARGV[1])
for name, value in pairs(args) do
  if value == cjson.null then args[name] = nil end
end
local WRAP = 4294967296

local function get(field) return redis.call('HGET', room, field) end
local function set(...) redis.call('HSET', room, ...) end
local function add(field, by) return redis.call('HINCRBY', room, field, by) end
local function count(field) return tonumber(get(field) or '0') end
local function drop(...) redis.call('HDEL', room, ...) end
local function reply(answer) return { cjson.encode(answer) } end

local function now_ms()
  local time = redis.call('TIME')
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- Removes entries that are too old, or above the limit in bytes.
local function trim(written)
  local oldest = now_ms() - args.keep_ms
  for _ = 1, 64 do
    local first = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
    if not first then return end
    local time = tonumber(string.match(first[1], '^%d+'))
    if time >= oldest and written - tonumber(first[2][4]) + #first[2][2] <= args.max_bytes then return end
    redis.call('XDEL', log, first[1])
  end
end

-- Appends an entry to the log, and publishes it if another process has seats. Other fields to set may follow. Returns
-- the position of the entry.
local function append(entry, data, always, ...)
  local state = redis.call('HMGET', room, 'last', 'written', 'processes', 'process:' .. args.process)
  entry.prev = state[1]
  local body = cjson.encode(entry) .. '\n' .. data
  local written = tonumber(state[2]) + #body
  local id = redis.call('XADD', log, 'MAXLEN', '~', args.max_frames, '*', 'entry', body, 'written', written)
  set('last', id, 'written', written, ...)
  -- Checked only occasionally, because the limit need not be exact.
  if #body > 4096 or string.match(id, '0%-%d+$') then trim(written) end
  if always or tonumber(state[3]) > (state[4] and 1 or 0) then redis.call('SPUBLISH', channel, id .. ' ' .. body) end
  return { id = id, prev = entry.prev }
end

local function seat(id)
  local record = get('seat:' .. id)
  return record and cjson.decode(record)
end

local function store(id, s) set('seat:' .. id, cjson.encode(s)) end

local function seat_added(process)
  if add('process:' .. process, 1) == 1 then add('processes', 1) end
end

local function seat_removed(process)
  if add('process:' .. process, -1) <= 0 then
    drop('process:' .. process)
    add('processes', -1)
  end
end

-- Removes a seat, and the room with the last seat unless it is kept for a new one. Returns the position of the entry.
local function remove(id, s, reason, keep_room)
  drop('seat:' .. id, 'attempt:' .. id, 'received:' .. id, 'sent:' .. id, 'name:' .. s.name, 'secret:' .. s.secret)
  seat_removed(s.process)
  if add('seats', -1) <= 0 and not keep_room then
    redis.call('DEL', room, log)
    return nil
  end
  add('broadcasts', 1)
  return append({ from = id, event = { left = { reason = reason } } }, '', s.process ~= args.process)
end

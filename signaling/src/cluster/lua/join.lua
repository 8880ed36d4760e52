-- Resumes a seat if the secret and the count match. Otherwise takes a new seat, if that is allowed.
local attempt, name, secret, seats = ARGV[5], ARGV[6], ARGV[7], tonumber(ARGV[8])
local resume, received, time, serial = ARGV[9], tonumber(ARGV[10]), ARGV[11], ARGV[12]
local wants_list, queue_has_frames, ttl = ARGV[13] == '1', ARGV[14] == '1', ARGV[15]
local resume_only, epoch, branch = ARGV[16] == '1', ARGV[17], ARGV[18]

local function sent(id) return (count('b') + count('k:' .. id)) % WRAP end

-- Returns the entries whose frames were sent to the seat after the received ones, or nil if the log does not have them,
-- the count is impossible, or they exceed the limits of the queue of a seat. The limits of the log are four times as
-- high.
local function missing(id)
  -- The client has received frames on an unknown branch, which are not in the log.
  if branch ~= '' and not string.find(' ' .. (get('h:' .. id) or '') .. ' ', ' ' .. branch .. ' ', 1, true) then return nil end
  local total, log_start = sent(id), get('z:' .. id)
  local wanted = (total - received) % WRAP
  if wanted > tonumber(max_frames) / 4 then return nil end
  if log_start and (received - tonumber(log_start)) % WRAP > WRAP / 2 then return nil end
  local found, bytes, upto = {}, 0, '+'
  while #found < wanted do
    local entries = redis.call('XREVRANGE', log, upto, '-', 'COUNT', 64)
    if #entries == 0 then return nil end
    for _, entry in ipairs(entries) do
      local body = entry[2][2]
      local kind, from, _, arg = string.match(body, '^%S+ (%S) (%S+) (%d+) (%S*)\n')
      if kind == 'j' and from == id then return nil end
      local to_all = kind == 'a' or kind == 'j' or kind == 'l'
      if (to_all and from ~= id) or (kind == 's' and arg == id) or (kind == 'e' and from == id) then
        found[#found + 1] = entry[1] .. ' ' .. body
        bytes = bytes + #body
        if bytes > max_bytes / 4 then return nil end
        if #found == wanted then break end
      end
      upto = '(' .. entry[1]
    end
  end
  for at = 1, math.floor(wanted / 2) do found[at], found[wanted + 1 - at] = found[wanted + 1 - at], found[at] end
  return found
end

if redis.call('EXISTS', room) == 0 then create(attempt, ttl) end
-- The process may have the state of an earlier room of this name.
wants_list = wants_list or get('e') ~= epoch
local old = resume ~= '' and get('t:' .. resume)
if old then
  local s = seat(old)
  -- The command was retried because its answer was lost.
  if s.attempt == attempt then return { 'unsure' } end
  -- Processes only estimate the clock of Redis. Within the error, the socket that joins later counts as newer.
  local older = tonumber(time) + 100000 < tonumber(s.time)
  if s.process == process then older = tonumber(serial) < tonumber(s.serial) end
  if older then return { 'older' } end
  local frames = missing(old)
  -- The queue of the seat may have the frames even if the log does not.
  if not frames and queue_has_frames and s.process == process then frames = { '' } end
  if frames then
    -- The old process may still send frames that the new one does not have, so the seat gets a new branch. The branch
    -- of the client stays valid, because the answer may be lost.
    if s.process ~= process then set('h:' .. old, string.sub(attempt, 1, 16) .. ' ' .. branch) end
    -- Added before removed, so that the room is never without processes.
    seat_added(process)
    seat_removed(s.process)
    s.attempt, s.process, s.time, s.serial = attempt, process, time, serial
    write(old, s)
    local number = count('n:' .. old)
    local prev, id = append('m', old, number, process, attempt, true)
    return { 'again', prev, id, get('e'), old, tostring(number), tostring(sent(old)), get('h:' .. old) or '', frames, wants_list and members() or {} }
  end
  remove(old, s, 'replaced', true)
end
local refused
if get('u:' .. name) == attempt then return { 'unsure' } end
if resume_only then refused = 'no_seat' elseif get('u:' .. name) then refused = 'name_taken' elseif count('c') >= seats then refused = 'room_full' end
if refused then
  if count('c') <= 0 then redis.call('DEL', room, log) end
  return { refused }
end
local list = wants_list and members() or {}
add('b', 1)
store(attempt, { attempt = attempt, process = process, secret = secret, time = time, serial = serial, name = name })
local prev, id = append('j', attempt, 0, process, name)
if prev == '0-0' then redis.call('PEXPIRE', log, ttl) end
return { 'new', prev, id, get('e'), name, list }

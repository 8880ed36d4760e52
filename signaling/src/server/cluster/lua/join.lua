-- Takes a seat back, where the token and the count are right about one. Takes a new one otherwise, if it may.
local rq, name, token, seats = ARGV[5], ARGV[6], ARGV[7], tonumber(ARGV[8])
local resume, received, time, serial = ARGV[9], tonumber(ARGV[10]), ARGV[11], ARGV[12]
local wants_list, keeps_frames, ttl = ARGV[13] == '1', ARGV[14] == '1', ARGV[15]
local back_only, epoch, word = ARGV[16] == '1', ARGV[17], ARGV[18]

local function told(id) return (count('b') + count('k:' .. id)) % WRAP end

-- What the seat was told after so many frames; nil when the log does not know, it never was so much, or it is more than
-- a seat's queue holds, of which the log has four times as much.
local function missing(id)
  -- With a word that is not known here, a process has told it what is not known here.
  if word ~= '' and not string.find(' ' .. (get('h:' .. id) or '') .. ' ', ' ' .. word .. ' ', 1, true) then return nil end
  local total, after = told(id), get('z:' .. id)
  local wanted = (total - received) % WRAP
  if wanted > tonumber(max_frames) / 4 then return nil end
  if after and (received - tonumber(after)) % WRAP > WRAP / 2 then return nil end
  local got, bytes, upto = {}, 0, '+'
  while #got < wanted do
    local entries = redis.call('XREVRANGE', log, upto, '-', 'COUNT', 64)
    if #entries == 0 then return nil end
    for _, entry in ipairs(entries) do
      local body = entry[2][2]
      local kind, from, _, arg = string.match(body, '^%S+ (%S) (%S+) (%d+) (%S*)\n')
      if kind == 'j' and from == id then return nil end
      local everybody = kind == 'a' or kind == 'j' or kind == 'l'
      if (everybody and from ~= id) or (kind == 's' and arg == id) or (kind == 'e' and from == id) then
        got[#got + 1] = entry[1] .. ' ' .. body
        bytes = bytes + #body
        if bytes > max_bytes / 4 then return nil end
        if #got == wanted then break end
      end
      upto = '(' .. entry[1]
    end
  end
  for at = 1, math.floor(wanted / 2) do got[at], got[wanted + 1 - at] = got[wanted + 1 - at], got[at] end
  return got
end

if redis.call('EXISTS', room) == 0 then found(rq, ttl) end
-- What is known of another room that had this name is not to the point.
wants_list = wants_list or get('e') ~= epoch
local old = resume ~= '' and get('t:' .. resume)
if old then
  local s = seat(old)
  -- Asked twice, as the answer was lost on its way.
  if s.rq == rq then return { 'unsure' } end
  -- Two processes know Redis's clock only so well: in doubt, who comes last is the newer.
  local older = tonumber(time) + 100000 < tonumber(s.time)
  if s.proc == proc then older = tonumber(serial) < tonumber(s.serial) end
  if older then return { 'older' } end
  local frames = missing(old)
  -- It has them itself, whatever is known here.
  if not frames and keeps_frames and s.proc == proc then frames = { '' } end
  if frames then
    -- What the process that it leaves may tell it yet, this one does not know. The answer may be lost: the word that it
    -- came with stays good.
    if s.proc ~= proc then set('h:' .. old, string.sub(rq, 1, 16) .. ' ' .. word) end
    -- In this order: the room is never without processes.
    came(proc)
    went(s.proc)
    s.rq, s.proc, s.time, s.serial = rq, proc, time, serial
    write(old, s)
    local n = count('n:' .. old)
    local prev, id = append('m', old, n, proc, rq, true)
    return { 'again', prev, id, get('e'), old, tostring(n), tostring(told(old)), get('h:' .. old) or '', frames, wants_list and members() or {} }
  end
  remove(old, s, 'replaced', true)
end
local refused
if get('u:' .. name) == rq then return { 'unsure' } end
if back_only then refused = 'no_seat' elseif get('u:' .. name) then refused = 'name_taken' elseif count('c') >= seats then refused = 'room_full' end
if refused then
  if count('c') <= 0 then redis.call('DEL', room, log) end
  return { refused }
end
local list = wants_list and members() or {}
add('b', 1)
put(rq, { rq = rq, proc = proc, token = token, time = time, serial = serial, name = name })
local prev, id = append('j', rq, 0, proc, name)
if prev == '0-0' then redis.call('PEXPIRE', log, ttl) end
return { 'new', prev, id, get('e'), name, list }

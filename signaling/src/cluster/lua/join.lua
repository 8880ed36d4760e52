-- Resumes a seat if the secret and the count match. Otherwise takes a new seat, if that is allowed.
local attempt, now = args.attempt, now_ms()
-- The time at which the socket was opened.
local opened = now - args.age_ms

local function sent(id) return (count('broadcasts') + count('sent:' .. id)) % WRAP end

-- Returns the entries whose frames were sent to the seat after the received ones, the last first, or nil if the log
-- does not have them, the count is impossible, or they exceed the limits of the queue of a seat. The limits of the log
-- are four times as high.
local function missed(id)
  local wanted = (sent(id) - args.received) % WRAP
  if wanted > args.max_frames / 4 then return nil end
  local found, bytes, upto = {}, 0, '+'
  while #found < wanted do
    local entries = redis.call('XREVRANGE', log, upto, '-', 'COUNT', 64)
    if #entries == 0 then return nil end
    for _, entry in ipairs(entries) do
      local body = entry[2][2]
      local head = cjson.decode(string.match(body, '^[^\n]*'))
      local event, own = head.event, head.from == id
      if event.joined and own then return nil end
      local to_others = event.said or event.joined or event.left
      if (to_others and not own) or (event.signalled and event.signalled.to == id) or (event.refused and own) then
        found[#found + 1] = entry[1] .. ' ' .. body
        bytes = bytes + #body
        if bytes > args.max_bytes / 4 then return nil end
        if #found == wanted then break end
      end
      upto = '(' .. entry[1]
    end
  end
  return found
end

-- Returns the seats in the order in which they joined, unless the process knows them. An empty list is omitted,
-- because its JSON would be that of an object.
local function peers()
  if get('epoch') == args.epoch then return nil end
  local fields, list = redis.call('HGETALL', room), {}
  for i = 1, #fields, 2 do
    local id = string.match(fields[i], '^seat:(.*)$')
    if id then
      local s = cjson.decode(fields[i + 1])
      list[#list + 1] = { id = id, name = s.name, process = s.process, order = s.order }
    end
  end
  table.sort(list, function(one, other) return one.order < other.order end)
  return #list > 0 and list or nil
end

if redis.call('EXISTS', room) == 0 then
  set('epoch', attempt, 'last', '0-0', 'written', 0, 'broadcasts', 0)
  redis.call('PEXPIRE', room, args.ttl_ms)
end
local old = args.resume and get('secret:' .. args.resume)
if old then
  local s = seat(old)
  -- Within a process, sockets are numbered. Between processes, the time is imprecise: within a tenth of a second, the
  -- socket that joins later counts as newer.
  local older = opened + 100 < s.opened
  if s.process == args.process then older = args.serial < s.serial end
  if older then return reply('older') end
  local frames = missed(old)
  if frames then
    local previous = s.process
    -- Unique, because the command is retried if its answer is lost. The last answer counts.
    attempt = attempt .. ':' .. add('joins', 1)
    -- Added before removed, so that the room is never without processes.
    seat_added(args.process)
    seat_removed(previous)
    s.process, s.opened, s.serial = args.process, opened, args.serial
    store(old, s)
    local moved = { moved = { process = args.process, attempt = attempt } }
    local entry = append({ from = old, event = moved }, '', previous ~= args.process, 'attempt:' .. old, attempt)
    local answer = reply({ resumed = { entry = entry, epoch = get('epoch'), seat = old, attempt = attempt, received = count('received:' .. old), peers = peers() } })
    for at = #frames, 1, -1 do answer[#answer + 1] = frames[at] end
    return answer
  end
  remove(old, s, 'replaced', true)
end
local holder = get('name:' .. args.name)
-- The command was retried, and the client can have missed frames.
if holder == attempt then return reply('unsure') end
local refused
if args.resume_only then refused = 'no_seat' elseif holder then refused = 'name_taken' elseif count('seats') >= args.max_seats then refused = 'room_full' end
if refused then
  if count('seats') <= 0 then redis.call('DEL', room, log) end
  return reply(refused)
end
local list = peers()
add('broadcasts', 1)
add('seats', 1)
store(attempt, { process = args.process, secret = args.secret, opened = opened, serial = args.serial, order = add('joins', 1), name = args.name })
-- (-count might be -0, which some versions of Redis cannot add to.)
set('attempt:' .. attempt, attempt, 'name:' .. args.name, attempt, 'secret:' .. args.secret, attempt, 'received:' .. attempt, 0, 'sent:' .. attempt, 0 - count('broadcasts'))
seat_added(args.process)
local entry = append({ from = attempt, event = { joined = { process = args.process, name = args.name } } }, '')
if entry.prev == '0-0' then redis.call('PEXPIRE', log, args.ttl_ms) end
return reply({ new = { entry = entry, epoch = get('epoch'), peers = list } })

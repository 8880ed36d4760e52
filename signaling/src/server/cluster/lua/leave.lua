-- Frees a seat: that of an attempt, or one that a dead process had.
local id, rq, dead, reason, token = ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9]
if id == '' then id = get('t:' .. token) or '' end
local s = seat(id)
if not s or (rq ~= '' and s.rq ~= rq) or (dead ~= '' and s.proc ~= dead) then return { 'none' } end
local prev, entry = remove(id, s, reason)
if not prev then return { 'gone' } end
return { 'left', prev, entry, id }

-- Frees a seat: that of an attempt, or one that a dead process had.
local id, rq, dead, reason, token = ARGV[5], ARGV[6], ARGV[7], ARGV[8], ARGV[9]
if id == '' then id = get('t:' .. token) or '' end
local s = seat(id)
-- Put down by others, after the data were lost, it is still this process's to free.
local mine = s and (s.rq == rq or (s.rq == '-' and s.proc == proc))
if not s or (rq ~= '' and not mine) or (dead ~= '' and s.proc ~= dead) then return { 'none' } end
local prev, entry = remove(id, s, reason)
if not prev then return { 'gone' } end
return { 'left', prev, entry, id }

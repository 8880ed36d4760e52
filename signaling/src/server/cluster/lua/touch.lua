-- A sign of life of the room, and where it stands.
redis.call('PEXPIRE', room, ARGV[5])
redis.call('PEXPIRE', log, ARGV[5])
return { get('e') or '', get('l') or '' }

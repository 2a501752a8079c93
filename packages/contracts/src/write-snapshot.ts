import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { messageSchemas } from './schema-snapshot.ts'

writeFileSync(join(import.meta.dirname, 'messages.snapshot.json'), `${JSON.stringify(messageSchemas(), null, 2)}\n`)

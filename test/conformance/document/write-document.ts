import { writeFileSync } from 'node:fs'
import { conformanceDocument, documentFile } from './conformance-document.ts'

writeFileSync(documentFile, conformanceDocument())

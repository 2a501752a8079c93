import { z } from 'zod'
import { allTopics, replyTopic } from './topics.ts'

export type JsonSchema = { [name: string]: unknown }

/** The JSON Schema of every topic's messages, by topic: what the committed snapshot holds. */
export function messageSchemas(): Record<string, JsonSchema> {
  const topics = [...allTopics, replyTopic('{replica}')]
  return Object.fromEntries(
    topics.map((topic) => [topic.name, z.toJSONSchema(topic.schema, { io: 'input' }) as JsonSchema]),
  )
}

import mongoose from 'mongoose'

/** Whether the primary of a replica set answers at `uri`. */
export async function answersAsMongodb(uri: string): Promise<boolean> {
  try {
    const client = new mongoose.mongo.MongoClient(uri, { serverSelectionTimeoutMS: 2_000 })
    try {
      const hello = await client.db('admin').command({ hello: 1 })
      return hello.isWritablePrimary === true && typeof hello.setName === 'string'
    } finally {
      await client.close()
    }
  } catch {
    return false
  }
}

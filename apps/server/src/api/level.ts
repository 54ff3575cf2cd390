import { Level } from '@quadrant/proto'

/** A level that there is: service where it is none. */
export function levelOf(level: Level): Level {
  return level === Level.PROCESS || level === Level.HOST ? level : Level.SERVICE
}

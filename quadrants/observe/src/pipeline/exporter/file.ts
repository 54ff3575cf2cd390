import { encodeJson } from '../json/encode-json.ts'
import type { Consumer } from '../consumer.ts'
import type { StageLedger } from '../ledger.ts'
import { PipelineError } from '../pipeline-error.ts'
import type { QueueDirectory, QueueFile } from '../queue/queue-directory.ts'

export interface FileExporterOptions {
  readonly directory: QueueDirectory
  /** Name in the directory; older ones are `NAME.1`, `NAME.2`, … */
  readonly name: string
  /** A file that would grow beyond this is put aside. Default 100 MiB. */
  readonly fileBytesMax: number
  /** Files put aside that are kept. Default 2. */
  readonly backupsMax: number
  readonly ledger: StageLedger
  readonly onProblem: (message: string) => void
}

export interface FileExporter extends Consumer, Disposable {}

/** Appends each parcel as one line of OTLP/JSON. */
export function fileExporter(options: FileExporterOptions): FileExporter {
  const { directory, name, fileBytesMax, backupsMax, ledger, onProblem } = options
  let file: QueueFile | undefined
  const write = (line: Buffer) => {
    file ??= directory.open(name)
    if (file.sizeBytes > 0 && file.sizeBytes + line.length > fileBytesMax) {
      file.close()
      file = undefined
      rotate()
      file = directory.open(name)
    }
    const { sizeBytes } = file
    try {
      file.write(line, sizeBytes)
    } catch (error) {
      // Half a line would spoil the next one.
      file.truncate(sizeBytes)
      throw error
    }
  }
  const rotate = () => {
    if (backupsMax === 0) return directory.remove(name)
    for (let i = backupsMax; i > 0; i--) {
      const from = i === 1 ? name : `${name}.${i - 1}`
      if (directory.list().includes(from)) directory.rename(from, `${name}.${i}`)
    }
  }
  return {
    consume(parcel) {
      ledger.see(parcel.itemCount)
      try {
        write(Buffer.from(`${JSON.stringify(encodeJson(parcel.content()))}\n`))
        ledger.keep(parcel.itemCount)
      } catch (error) {
        ledger.drop('file-error', parcel.itemCount)
        onProblem(PipelineError.from(error, 'storage').message)
      }
      return undefined
    },
    [Symbol.dispose]() {
      file?.close()
      file = undefined
    },
  }
}

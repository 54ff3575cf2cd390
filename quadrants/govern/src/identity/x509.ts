// The library for certificates, with what it needs to be there first.
import 'reflect-metadata'

export * from '@peculiar/x509'

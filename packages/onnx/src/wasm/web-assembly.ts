/** The part of the platform's WebAssembly that is used here: TypeScript declares it with the DOM only. */
interface Platform {
  readonly Memory: new (pages: { readonly initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
    imports: { readonly [module: string]: { readonly [name: string]: unknown } },
  ) => { readonly exports: { readonly [name: string]: unknown } };
}

export const webAssembly: Platform = (globalThis as unknown as { readonly WebAssembly: Platform }).WebAssembly;

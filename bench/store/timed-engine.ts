import type { Engine } from 'reprise';

/** When each step began and ended, in milliseconds. */
export interface StepTimes {
  readonly begun: number[];
  readonly ended: number[];
}

type Net = Awaited<ReturnType<Engine<unknown>['load']>>;

/** An engine whose steps are timed from outside. @param last given copies of the state's tensors when the net goes */
export function timed(
  engine: Engine<unknown>,
  times: StepTimes,
  last: (tensors: Float32Array[]) => void,
): Engine<unknown> {
  return {
    name: engine.name,
    describe: (hparams) => engine.describe(hparams),
    load: async (description, options) => {
      const net = await engine.load(description, options);
      const own: Partial<Net> = {
        trainer: async (spec) => {
          const trainer = await net.trainer(spec);
          return {
            ...trainer,
            step: async (batch, input) => {
              times.begun.push(performance.now());
              const output = await trainer.step(batch, input);
              times.ended.push(performance.now());
              return output;
            },
          };
        },
        dispose: async () => {
          const { net: parameters, optimizer } = net.capture();
          last(
            [...parameters.values(), ...(optimizer?.tensors.values() ?? [])].map(({ data }) =>
              (data as Float32Array).slice(),
            ),
          );
          await net.dispose();
        },
      };
      return new Proxy(net, {
        get: (target, name) => {
          const mine = own[name as keyof Net];
          if (mine !== undefined) return mine;
          const value = Reflect.get(target, name) as unknown;
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        },
      });
    },
  };
}

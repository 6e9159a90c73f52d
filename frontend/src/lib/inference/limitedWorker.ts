import type { Problem } from "./errors";
import type { StartMessage } from "./messages";

/** Seconds in which a worker that downloads a release must report that it is not frozen. */
const LOADING_LIMIT = 60;

/**
 * Seconds in which a release must start, without its download. It takes less than 1 s on a laptop in plain JavaScript, so this
 * limit also allows for a phone that is 20 times slower.
 */
const START_LIMIT = 30;

/**
 * Seconds in which a started release must answer, or compute a part of an explanation. That takes much less time than the
 * start.
 */
const ANSWER_LIMIT = 30;

/** Messages with which every inference worker reports the start of a release. */
type Reported<From> = Exclude<From, StartMessage>;

export interface LimitedWorkerEvents<From> {
  onMessage(message: Reported<From>): void;
  /**
   * The worker failed and is terminated.
   *
   * @param starting - Id of the release that was starting; null if none was.
   */
  onFailed(problem: Problem, starting: string | null): void;
}

/** A worker that is terminated if it fails or freezes, or if a release does not start or answer in time. */
export class LimitedWorker<To, From extends { readonly type: string }> {
  /** Id of the release that is starting. */
  private starting: string | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly worker: Worker,
    private readonly events: LimitedWorkerEvents<From>,
  ) {
    worker.onmessage = ({ data }: MessageEvent<From | StartMessage>) => this.receive(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.fail({ code: "workerStopped", message: event.message });
    };
    worker.onmessageerror = () => this.fail({ code: "unreadableMessage" });
  }

  send(message: To): void {
    this.worker.postMessage(message);
  }

  /** Handle a message of the worker. Messages that arrived before the constructor set a handler are passed in by the page. */
  receive(message: From | StartMessage): void {
    if (isStartMessage(message)) this.handleStart(message);
    else this.events.onMessage(message as Reported<From>);
  }

  /** Fail if neither this method nor `endLimit` is called in time. */
  limitAnswer(): void {
    this.startLimit({ code: "answerTimeout", seconds: ANSWER_LIMIT });
  }

  endLimit(): void {
    clearInterval(this.timer);
  }

  /** No event follows. */
  terminate(): void {
    this.endLimit();
    this.worker.onmessage = this.worker.onerror = this.worker.onmessageerror = null;
    this.worker.terminate();
  }

  private handleStart(message: StartMessage): void {
    if (message.type === "loading") {
      if (this.starting === null) this.startLimit({ code: "startTimeout", seconds: LOADING_LIMIT });
      return;
    }
    this.endLimit();
    if (message.type === "failed") return this.fail(message.problem);
    this.starting = message.type === "starting" ? message.release : null;
    if (this.starting !== null) this.startLimit({ code: "startTimeout", seconds: START_LIMIT });
  }

  /** @param problem - Why the worker fails after `seconds`. */
  private startLimit(problem: Extract<Problem, { code: "startTimeout" | "answerTimeout" }>): void {
    this.endLimit();
    // Count seconds instead of comparing times, so that the time in which the device sleeps does not count.
    let seconds = 0;
    this.timer = setInterval(() => {
      seconds += 1;
      if (seconds === problem.seconds) this.fail(problem);
    }, 1_000);
  }

  private fail(problem: Problem): void {
    this.terminate();
    this.events.onFailed(problem, this.starting);
  }
}

function isStartMessage(message: { readonly type: string }): message is StartMessage {
  return ["loading", "starting", "started", "failed"].includes(message.type);
}

import type { Problem } from "./errors";
import { LimitedWorker } from "./limitedWorker";
import type { FromWorker, LoadEvent, StartMessage, ToWorker } from "./messages";
import type { ExcludedRelease, VerifiedRelease } from "./release/types";
import type { DrawingInput } from "@/lib/ink/drawingInput";
import type { Explanation, Prediction, ReleaseInfo } from "./types";

export interface ClientEvents {
  /** Called when the model is loaded, and again when an update is activated. */
  onReady(release: ReleaseInfo): void;
  onLoadEvent(event: LoadEvent): void;
  /** The running release failed. Another release is loading. */
  onReload(): void;
  /** `input` is the object that was passed to `predict`. */
  onPrediction(prediction: Prediction, input: DrawingInput): void;
  /** The client is closed. */
  onFailed(problem: Problem): void;
}

/** A worker that has received the message `load` before the page's scripts ran. */
export interface PreloadedWorker {
  readonly worker: Worker;
  /** The worker's messages since then. */
  readonly messages: readonly FromWorker[];
}

interface Request {
  readonly id: number;
  readonly input: DrawingInput;
}

type InferenceWorker = LimitedWorker<ToWorker, FromWorker>;

/**
 * The page's interface to the inference workers. One worker answers. At most one prediction is pending in it, and at most one
 * request is queued. A newer request replaces the queued one, so predictions do not fall behind fast drawing.
 *
 * An update starts in a second worker, so that a broken one cannot stop the first. A release that does not start, that does not
 * answer in time or that the site's keys did not sign is excluded, and a new worker loads another. If its worker stops or its
 * model fails, the release is started once more before it is excluded.
 */
export class InferenceClient {
  private running: InferenceWorker;
  /** The release that answers; null while it loads. */
  private release: ReleaseInfo | null = null;
  /** Starts the update; `release` is null until it has started. */
  private update: {
    readonly worker: InferenceWorker;
    readonly verified: VerifiedRelease;
    release: ReleaseInfo | null;
  } | null = null;
  private readonly excluded: ExcludedRelease[] = [];
  /** Id of the last release that was started again after such a problem. */
  private retried: string | null = null;
  private nextId = 0;
  private pending: Request | null = null;
  private queued: Request | null = null;
  /** The newest input; null after `cancel`. A release that replaces the running one predicts it again. */
  private latest: DrawingInput | null = null;
  private cancelled: Request | null = null;
  private readonly pendingExplanations = new Map<number, (explanation: Explanation | null) => void>();

  /**
   * @param startWorker - Starts a worker. The client terminates it.
   * @param preloaded - The first worker, if it is already started.
   */
  constructor(
    private readonly startWorker: () => Worker,
    private readonly events: ClientEvents,
    preloaded?: PreloadedWorker | null,
  ) {
    const first = this.listen(preloaded?.worker ?? startWorker());
    this.running = first;
    if (!preloaded) first.send({ type: "load", excluded: [] });
    for (const message of preloaded?.messages ?? []) if (this.running === first) first.receive(message);
  }

  /** Request a prediction. It replaces the queued request. */
  predict(input: DrawingInput): void {
    this.latest = input;
    this.queued = { id: this.nextId++, input };
    this.sendNext();
  }

  /**
   * Explain the prediction for an image.
   *
   * @param pixels - 784 of 0…255, row by row, as in `Glyph.pixels`.
   * @returns Null if no explanation is available: the model is not ready or was closed, a newer request for an explanation
   *   replaced this one, or computing it failed.
   */
  explain(pixels: Uint8Array<ArrayBuffer>): Promise<Explanation | null> {
    if (this.release === null) return Promise.resolve(null);
    const id = this.nextId++;
    this.running.send({ type: "explain", id, pixels });
    return new Promise((resolve) => {
      this.pendingExplanations.set(id, resolve);
      this.limitAnswer();
    });
  }

  /** Activate the available update. It makes all later predictions. */
  acceptUpdate(): void {
    if (!this.update?.release) return;
    const { worker, release } = this.update;
    this.update = null;
    this.stopRunning();
    this.running = worker;
    this.setReady(release);
  }

  /** Drop the queued request and ignore the pending prediction. */
  cancel(): void {
    this.latest = this.queued = null;
    this.cancelled = this.pending;
  }

  /** Terminate the workers. No event follows. */
  close(): void {
    this.stopRunning();
    this.stopUpdate();
    this.queued = null;
  }

  /** Terminate the running worker. The newest input is queued again. */
  private stopRunning(): void {
    this.running.terminate();
    this.release = null;
    if (this.latest !== null) this.queued = { id: this.nextId++, input: this.latest };
    this.pending = null;
    for (const resolve of this.pendingExplanations.values()) resolve(null);
    this.pendingExplanations.clear();
  }

  private stopUpdate(): void {
    this.update?.worker.terminate();
    this.update = null;
  }

  private setReady(release: ReleaseInfo): void {
    this.release = release;
    this.events.onReady(release);
    this.sendNext();
  }

  private sendNext(): void {
    if (this.release === null || this.pending !== null || this.queued === null) return;
    this.pending = this.queued;
    this.queued = null;
    this.running.send({ type: "predict", ...this.pending });
    this.limitAnswer();
  }

  /** Limit the time until the next answer to the pending requests, if there are any. */
  private limitAnswer(): void {
    if (this.isBusy()) this.running.limitAnswer();
    else this.running.endLimit();
  }

  private isBusy(): boolean {
    return this.pending !== null || this.pendingExplanations.size > 0;
  }

  private listen(worker: Worker): InferenceWorker {
    // The worker of an update becomes the running one when the update is accepted.
    const listened: InferenceWorker = new LimitedWorker(worker, {
      onMessage: (message) => {
        if (listened === this.running) this.receive(message);
        else if (message.type === "ready") this.saveUpdate(message.release);
      },
      onFailed: (problem, starting) => {
        if (listened === this.running) this.replaceRunning(problem, starting);
        else this.rejectUpdate(problem, starting);
      },
    });
    return listened;
  }

  private receive(message: Exclude<FromWorker, StartMessage>): void {
    switch (message.type) {
      case "ready":
        this.setReady(message.release);
        break;
      case "updateFound":
        this.startUpdate(message.release);
        break;
      case "updateSaved":
        if (this.update?.release) {
          this.events.onLoadEvent({ type: "updateAvailable", release: this.update.release });
        }
        break;
      case "prediction":
        this.receivePrediction(message);
        break;
      case "updateRejected":
        this.stopUpdate();
        this.events.onLoadEvent(message);
        break;
      case "computing":
        this.limitAnswer();
        break;
      case "explanation":
        this.pendingExplanations.get(message.id)?.(message.explanation);
        this.pendingExplanations.delete(message.id);
        this.limitAnswer();
        break;
      default:
        this.events.onLoadEvent(message);
    }
  }

  private receivePrediction({ id, prediction }: Extract<FromWorker, { type: "prediction" }>): void {
    const request = this.pending;
    if (request === null || request.id !== id) return;
    this.pending = null;
    this.limitAnswer();
    if (request !== this.cancelled) this.events.onPrediction(prediction, request.input);
    this.sendNext();
  }

  /** Start an update in a worker of its own. */
  private startUpdate(verified: VerifiedRelease): void {
    const worker = this.listen(this.startWorker());
    this.update = { worker, verified, release: null };
    worker.send({ type: "start", release: verified });
  }

  private saveUpdate(release: ReleaseInfo): void {
    if (this.update === null) return;
    this.update.release = release;
    this.running.send({ type: "saveUpdate" });
  }

  private rejectUpdate(problem: Problem, starting: string | null): void {
    const verified = this.update?.verified;
    this.update = null;
    if (verified !== undefined && this.canRetry(starting, problem)) return this.startUpdate(verified);
    if (starting !== null) this.running.send({ type: "rejectUpdate" });
    this.events.onLoadEvent({ type: "updateRejected", problem });
  }

  /** Whether the running release caused the problem. A release that starts can still fail, freeze or be revoked later. */
  private isToBlame({ code }: Problem): boolean {
    if (code === "invalidLogits" || code === "modelFailed" || code === "revoked") return true;
    // Without the bundled release nothing is left. Other problems are errors of the page.
    return (
      (code === "answerTimeout" || code === "workerStopped") &&
      this.isBusy() &&
      this.release?.origin !== "bundled"
    );
  }

  /** Whether a release may be started again: after the first problem that may have another cause, such as too little memory. */
  private canRetry(release: string | null, { code }: Problem): boolean {
    const mayHaveAnotherCause = code === "workerStopped" || code === "modelFailed" || code === "unexpected";
    if (!mayHaveAnotherCause || release === null || release === this.retried) return false;
    this.retried = release;
    return true;
  }

  /** Load another release if a release is to blame for the problem. */
  private replaceRunning(problem: Problem, starting: string | null): void {
    const broken = starting ?? (this.isToBlame(problem) ? (this.release?.id ?? null) : null);
    if (broken === null) {
      this.close();
      this.events.onFailed(problem);
      return;
    }
    this.stopRunning();
    this.stopUpdate();
    if (!this.canRetry(broken, problem)) this.excluded.push({ release: broken, problem });
    this.events.onReload();
    this.running = this.listen(this.startWorker());
    this.running.send({ type: "load", excluded: this.excluded });
  }
}

// @ts-check
/** The camera and its decoder: one picture in flight, the centre square only, nothing while the page is hidden. */

const SIDE = 720;
const PAUSE_MS = 40;
const WANTED = { video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } } };

/** refused: not allowed; busy: another app has it; broken: it cannot be read here. */
/** @typedef {"starting" | "looking" | "stopped" | "refused" | "missing" | "busy" | "broken"} CameraState */
/** @type {Readonly<Record<string, CameraState>>} */
const STATE_OF_FAULT = {
  NotAllowedError: "refused",
  SecurityError: "refused",
  NotFoundError: "missing",
  OverconstrainedError: "missing",
  NotReadableError: "busy",
  AbortError: "busy",
};

export class Camera {
  /**
   * @param {HTMLVideoElement} video
   * @param {(text: string) => void} onText told of each picture in which there is one
   * @param {(state: CameraState) => void} onState
   */
  constructor(video, onText, onState) {
    this.video = video;
    this.onText = onText;
    this.onState = onState;
    /** @type {MediaStream | null} */
    this.stream = null;
    this.isWanted = false;
    this.isDecoderReady = false;
    this.isOpening = false;
    this.isReading = false;
    this.isBroken = false;
    // Below /gate, so that the service worker has it without network.
    this.decoder = new Worker("/gate/decoder.js", { type: "module" });
    this.decoder.onmessage = ({ data }) => this.hear(data);
    document.addEventListener("visibilitychange", () => void (document.hidden ? this.close() : this.isWanted && this.open()));
    void this.watchPermission();
  }

  async open() {
    this.isWanted = true;
    if (this.stream || this.isOpening || document.hidden) return;
    if (this.isBroken) return this.onState("broken");
    this.isOpening = true;
    this.onState("starting");
    try {
      if (!navigator.mediaDevices) throw new DOMException("", "NotFoundError");
      const stream = await navigator.mediaDevices.getUserMedia(WANTED);
      this.stream = stream;
      this.video.srcObject = stream;
      // Another app may take the camera away at any time.
      stream.getVideoTracks()[0].onended = () => this.fail("busy");
      await this.video.play();
      this.onState("looking");
      this.grab();
    } catch (fault) {
      this.fail((fault instanceof Error && STATE_OF_FAULT[fault.name]) || "broken");
    } finally {
      this.isOpening = false;
    }
  }

  /** @param {CameraState} state */
  fail(state) {
    this.close();
    this.onState(state);
  }

  /** Whoever allows the camera in the page's settings need not come back to it by another way. */
  async watchPermission() {
    try {
      const permission = await navigator.permissions.query({ name: /** @type {any} */ ("camera") });
      permission.onchange = () => this.isWanted && permission.state !== "denied" && void this.open();
    } catch {
      // A browser that does not tell.
    }
  }

  stop() {
    this.isWanted = false;
    this.close();
  }

  close() {
    if (this.stream) for (const track of this.stream.getTracks()) track.stop();
    this.stream = null;
    this.onState("stopped");
  }

  /** Whether there is a lamp to switch. */
  hasTorch() {
    const track = this.stream && this.stream.getVideoTracks()[0];
    return Boolean(track && track.getCapabilities && "torch" in track.getCapabilities());
  }

  /** @param {boolean} isOn */
  torch(isOn) {
    const track = this.stream && this.stream.getVideoTracks()[0];
    const wanted = /** @type {any} */ ({ advanced: [{ torch: isOn }] });
    return track ? track.applyConstraints(wanted).catch(() => undefined) : undefined;
  }

  async grab() {
    if (!this.stream || this.isReading) return;
    const { videoWidth: width, videoHeight: height } = this.video;
    const side = Math.min(width, height, SIDE);
    if (!this.isDecoderReady || !side) {
      setTimeout(() => void this.grab(), PAUSE_MS);
      return;
    }
    this.isReading = true;
    try {
      const picture = await createImageBitmap(this.video, (width - side) / 2, (height - side) / 2, side, side);
      this.decoder.postMessage(picture, [picture]);
    } catch {
      // Between two streams a video has no picture for a moment.
      this.isReading = false;
      setTimeout(() => void this.grab(), PAUSE_MS);
    }
  }

  /** @param {{ready?: boolean, text?: string | null, fault?: string}} said */
  hear(said) {
    if (said.ready) {
      this.isDecoderReady = true;
      return;
    }
    if (said.fault) {
      this.isBroken = true;
      this.fail("broken");
      return;
    }
    this.isReading = false;
    setTimeout(() => void this.grab(), PAUSE_MS);
    if (said.text) this.onText(said.text);
  }
}

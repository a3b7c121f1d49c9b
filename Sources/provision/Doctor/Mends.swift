import Glibc
import Platform

/// What takes an obstacle away, for who runs the machine and for each of those who start containers and jobs.
struct Mends {
    var machine: String
    var docker: String
    var podman: String
    var kubernetes: String
    var slurm: String

    init(machine: String, docker: String, podman: String? = nil, kubernetes: String, slurm: String) {
        self.machine = machine
        self.docker = docker
        self.podman = podman ?? docker
        self.kubernetes = kubernetes
        self.slurm = slurm
    }

    var all: [(platform: String, mend: String)] {
        [
            ("machine", machine), ("docker", docker), ("podman", podman), ("kubernetes", kubernetes), ("slurm", slurm),
        ]
    }

    /// Of the longest of them.
    static let platformWidth = 10

    private static let device = "--device \(FUSEDevice.path)"
    private static let plugIn =
        "resources: {limits: {…/fuse: 1}} of a device plug-in for \(FUSEDevice.path), or securityContext: {privileged: true}"

    init(_ obstacle: MountingObstacle) {
        switch obstacle {
        case .device(.notThere), .device(.withoutDriver): self = Self.ofMissingDevice
        case .device(.closed): self = Self.ofClosedDevice
        case .device: self = Self.ofForbiddenDevice
        case .otherDevice:
            self.init(
                machine: "rm \(FUSEDevice.path); mknod -m 666 \(FUSEDevice.path) c 10 229", docker: Self.device,
                kubernetes: Self.plugIn, slurm: "the same on the nodes, by whoever runs them")
        case .right: self = Self.ofRight
        case .mount: self = Self.ofRefusedMount
        case .namespaces(_, let limit): self = Self.ofNamespaces(limit)
        case .mountInNamespaces: self = Self.ofNamespaces(nil)
        case .helper:
            self.init(
                machine: "apt-get install fuse3", docker: "the same in the image",
                kubernetes: "the same in the image, beside allowPrivilegeEscalation: true",
                slurm: "the same on the nodes; `-- COMMAND` does without")
        case .helperRights: self = Self.ofHelperRights
        case .userName:
            self.init(
                machine: "the user needs a line in /etc/passwd", docker: "--user NAME, of one whom the image knows",
                kubernetes: "runAsUser: of one whom the image knows",
                slurm: "the user needs a line in /etc/passwd of the nodes; `-- COMMAND` does without")
        case .othersByHelper:
            self.init(
                machine: "echo user_allow_other >> /etc/fuse.conf", docker: "the same in the image",
                kubernetes: "the same in the image", slurm: "the same on the nodes; `-- COMMAND` does without")
        case .passed:
            self.init(
                machine: "open \(FUSEDevice.path), mount with it (fd=N), start provision with that descriptor",
                docker: "it passes no descriptors: --cap-add SYS_ADMIN \(Self.device)",
                podman: "--preserve-fds, after the same",
                kubernetes: "a privileged process of the node does the same and hands the descriptor over",
                slurm: "whoever runs the nodes does the same around the job")
        case .trial:
            self.init(
                machine: "more processes and files for this user (ulimit -u, -n)", docker: "--pids-limit, --ulimit",
                kubernetes: "podPidsLimit of the node", slurm: "PropagateResourceLimits of slurm.conf")
        }
    }

    private static let ofMissingDevice = Mends(
        machine: "modprobe fuse", docker: device, kubernetes: plugIn,
        slurm: "modprobe fuse on the nodes, by whoever runs them")

    private static let ofClosedDevice = Mends(
        machine: "chmod 666 \(FUSEDevice.path), as distributions have it",
        docker: "the same on the host: \(device) keeps the mode; or --user 0",
        podman: "the same on the host; or --group-add keep-groups where a group of yours may use it",
        kubernetes: "the same on the node; or runAsUser: 0", slurm: "the same on the nodes, by whoever runs them")

    /// A list of devices that may be used, such as containers have.
    private static let ofForbiddenDevice = Mends(
        machine: "whoever has started this process must let it use \(FUSEDevice.path) (devices of its cgroup)",
        docker: device, kubernetes: plugIn,
        slurm: "ConstrainDevices of cgroup.conf has to let \(FUSEDevice.path) through")

    private static let ofRight = Mends(
        machine: geteuid() == 0
            ? "leave CAP_SYS_ADMIN to root; `-- COMMAND` does without"
            : "run as root; `-- COMMAND` and \(MountHelper.name) do without",
        docker: "--cap-add SYS_ADMIN \(device)",
        kubernetes: "securityContext: {capabilities: {add: [SYS_ADMIN]}}, and the device",
        slurm: "`provision TASK.yaml -- COMMAND` does without")

    /// CAP_SYS_ADMIN is there: a profile is what is left.
    private static let ofRefusedMount = Mends(
        machine: "the profile under which this runs (AppArmor, SELinux, seccomp) has to allow mount",
        docker: "--security-opt apparmor=unconfined, or seccomp=unconfined where a profile of your own is used",
        podman: "--security-opt apparmor=unconfined, --security-opt label=disable under SELinux",
        kubernetes: "securityContext: {appArmorProfile: {type: Unconfined}, seccompProfile: {type: Unconfined}}",
        slurm: "the profile of the job (AppArmor, SELinux) has to allow mount")

    private static func ofNamespaces(_ limit: NamespaceLimit?) -> Mends {
        let setting =
            switch limit {
            case .number: "sysctl user.max_user_namespaces=15000"
            case .switchedOff: "sysctl kernel.unprivileged_userns_clone=1"
            case .appArmor:
                "sysctl kernel.apparmor_restrict_unprivileged_userns=0, or a profile for provision with `userns,`"
            case .filter, nil: ""
            }
        guard setting.isEmpty else {
            return Mends(
                machine: setting, docker: "\(setting) on the host", kubernetes: "\(setting) on the node",
                slurm: "\(setting) on the nodes, by whoever runs them")
        }
        return Mends(
            machine: "whatever filters system calls here has to allow unshare, setns and mount",
            docker: "--security-opt seccomp=unconfined --security-opt apparmor=unconfined",
            podman: "--security-opt seccomp=unconfined, --security-opt label=disable under SELinux",
            kubernetes: "securityContext: {seccompProfile: {type: Unconfined}, appArmorProfile: {type: Unconfined}}",
            slurm: "the container of the job has to allow unshare, setns and mount")
    }

    private static var ofHelperRights: Mends {
        guard MountRights.isWithoutNewPrivileges else {
            return Mends(
                machine: "apt-get install --reinstall fuse3, which makes it set-uid", docker: "the same in the image",
                kubernetes: "the same in the image", slurm: "the same on the nodes; `-- COMMAND` does without")
        }
        return Mends(
            machine: "not under NoNewPrivileges=yes of a unit, or setpriv --no-new-privs",
            docker: "not with --security-opt no-new-privileges",
            kubernetes: "securityContext: {allowPrivilegeEscalation: true}",
            slurm: "not in a container that sets no_new_privs; `-- COMMAND` does without")
    }
}

// The served kinds, one structure a line: "Name: field=shape".
// Shapes: s string (also where none is given), i integer, b boolean, q quantity, t time, p port,
// * anything, [x] list, {x} map, or another structure. field=shape@27 came with version 1.27.
#pragma once

#include <string_view>

namespace daaa::sandbox {

inline constexpr std::string_view kSchemaText = R"(
ObjectMeta: name generateName namespace selfLink uid resourceVersion generation=i creationTimestamp=t deletionTimestamp=t deletionGracePeriodSeconds=i labels={s} annotations={s} ownerReferences=[OwnerReference] finalizers=[s] managedFields=* clusterName
OwnerReference: apiVersion kind name uid controller=b blockOwnerDeletion=b
LocalReference: name
ObjectReference: apiVersion kind namespace name uid resourceVersion fieldPath
LabelSelector: matchLabels={s} matchExpressions=[SelectorRequirement]
SelectorRequirement: key operator values=[s]
Condition: type status lastProbeTime=t lastTransitionTime=t lastUpdateTime=t lastHeartbeatTime=t reason message observedGeneration=i@33
Namespace: apiVersion kind metadata=ObjectMeta spec=NamespaceSpec status=*
NamespaceSpec: finalizers=[s]
Node: apiVersion kind metadata=ObjectMeta spec=* status=*
CSIDriver: apiVersion kind metadata=ObjectMeta spec=*
VolumeAttachment: apiVersion kind metadata=ObjectMeta spec=* status=*
StorageClass: apiVersion kind metadata=ObjectMeta provisioner parameters={s} reclaimPolicy mountOptions=[s] allowVolumeExpansion=b volumeBindingMode allowedTopologies=*
ServiceAccount: apiVersion kind metadata=ObjectMeta secrets=[ObjectReference] imagePullSecrets=[LocalReference] automountServiceAccountToken=b
ResourceQuota: apiVersion kind metadata=ObjectMeta spec=ResourceQuotaSpec status=*
ResourceQuotaSpec: hard={q} scopes=[s] scopeSelector=*
Event: apiVersion kind metadata=ObjectMeta involvedObject=ObjectReference reason message source=EventSource firstTimestamp=t lastTimestamp=t count=i type eventTime=t series=* action related=ObjectReference reportingComponent reportingInstance
EventSource: component host
PersistentVolume: apiVersion kind metadata=ObjectMeta spec=PersistentVolumeSpec status=PersistentVolumeStatus
PersistentVolumeStatus: phase message reason lastPhaseTransitionTime=t@28
PersistentVolumeSpec: capacity={q} accessModes=[s] claimRef=ObjectReference persistentVolumeReclaimPolicy storageClassName mountOptions=[s] volumeMode nodeAffinity=* volumeAttributesClassName=s@31 hostPath=HostPath nfs=Nfs csi=CsiSource local=* iscsi=* fc=* rbd=* cephfs=* glusterfs=* awsElasticBlockStore=* gcePersistentDisk=* azureDisk=* azureFile=* cinder=* vsphereVolume=* flexVolume=* flocker=* quobyte=* photonPersistentDisk=* portworxVolume=* scaleIO=* storageos=*
HostPath: path type
Nfs: server path readOnly=b
CsiSource: driver volumeHandle readOnly=b fsType volumeAttributes={s} controllerPublishSecretRef=* nodeStageSecretRef=* nodePublishSecretRef=* controllerExpandSecretRef=* nodeExpandSecretRef=*@25
PersistentVolumeClaim: apiVersion kind metadata=ObjectMeta spec=PersistentVolumeClaimSpec status=*
PersistentVolumeClaimSpec: accessModes=[s] selector=LabelSelector resources=Resources volumeName storageClassName volumeMode dataSource=* dataSourceRef=*@22 volumeAttributesClassName=s@29
Resources: limits={q} requests={q} claims=*@26
Job: apiVersion kind metadata=ObjectMeta spec=JobSpec status=*
JobSpec: parallelism=i completions=i activeDeadlineSeconds=i backoffLimit=i selector=LabelSelector manualSelector=b template=PodTemplate ttlSecondsAfterFinished=i completionMode=s@21 suspend=b@21 podFailurePolicy=*@25 podReplacementPolicy=s@28 backoffLimitPerIndex=i@28 maxFailedIndexes=i@28 managedBy=s@30 successPolicy=*@30
PodTemplate: metadata=ObjectMeta spec=PodSpec
Pod: apiVersion kind metadata=ObjectMeta spec=PodSpec status=PodStatus
PodStatus: phase conditions=[Condition] message reason nominatedNodeName hostIP hostIPs=*@28 podIP podIPs=* startTime=t initContainerStatuses=* containerStatuses=* qosClass ephemeralContainerStatuses=* resize=s@27 resourceClaimStatuses=*@26 observedGeneration=i@33 resources=*@34
PodSpec: volumes=[Volume] initContainers=[Container] containers=[Container] ephemeralContainers=* restartPolicy terminationGracePeriodSeconds=i activeDeadlineSeconds=i dnsPolicy nodeSelector={s} serviceAccountName serviceAccount automountServiceAccountToken=b nodeName hostNetwork=b hostPID=b hostIPC=b shareProcessNamespace=b securityContext=PodSecurityContext imagePullSecrets=[LocalReference] hostname subdomain affinity=* schedulerName tolerations=[Toleration] hostAliases=* priorityClassName priority=i dnsConfig=* readinessGates=* runtimeClassName enableServiceLinks=b preemptionPolicy overhead={q} topologySpreadConstraints=* setHostnameAsFQDN=b os=*@23 hostUsers=b@25 schedulingGates=*@26 resourceClaims=*@26 resources=*@32 hostnameOverride=s@34
Toleration: key operator value effect tolerationSeconds=i
PodSecurityContext: runAsUser=i runAsGroup=i runAsNonRoot=b supplementalGroups=[i] supplementalGroupsPolicy=s@31 fsGroup=i fsGroupChangePolicy sysctls=* seLinuxOptions=SELinux seLinuxChangePolicy=s@32 windowsOptions=* seccompProfile=Seccomp appArmorProfile=*@30
SELinux: user role type level
Seccomp: type localhostProfile
Container: name image command=[s] args=[s] workingDir ports=[ContainerPort] envFrom=* env=[EnvVar] resources=Resources resizePolicy=*@27 restartPolicy=s@28 volumeMounts=[VolumeMount] volumeDevices=* livenessProbe=* readinessProbe=* startupProbe=* lifecycle=* terminationMessagePath terminationMessagePolicy imagePullPolicy securityContext=SecurityContext stdin=b stdinOnce=b tty=b restartPolicyRules=*@34
ContainerPort: name hostPort=i containerPort=i protocol hostIP
EnvVar: name value valueFrom=EnvSource
EnvSource: fieldRef=FieldRef resourceFieldRef=* configMapKeyRef=* secretKeyRef=* fileKeyRef=*@34
FieldRef: apiVersion fieldPath
VolumeMount: name readOnly=b mountPath subPath mountPropagation subPathExpr recursiveReadOnly=s@30
SecurityContext: capabilities=Capabilities privileged=b seLinuxOptions=SELinux windowsOptions=* runAsUser=i runAsGroup=i runAsNonRoot=b readOnlyRootFilesystem=b allowPrivilegeEscalation=b procMount seccompProfile=Seccomp appArmorProfile=*@30
Capabilities: add=[s] drop=[s]
Volume: name persistentVolumeClaim=ClaimSource emptyDir=EmptyDir hostPath=HostPath nfs=Nfs csi=* configMap=* secret=* downwardAPI=* projected=* ephemeral=* iscsi=* fc=* rbd=* cephfs=* glusterfs=* awsElasticBlockStore=* gcePersistentDisk=* azureDisk=* azureFile=* cinder=* vsphereVolume=* flexVolume=* flocker=* quobyte=* gitRepo=* photonPersistentDisk=* portworxVolume=* scaleIO=* storageos=* image=*@31
ClaimSource: claimName readOnly=b
EmptyDir: medium sizeLimit=q
)";

}  // namespace daaa::sandbox
